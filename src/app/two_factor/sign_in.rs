//! The second step of a sign-in on the web pages.

use secrecy::SecretString;

use crate::app::error::DeskError;
use crate::app::sessions::BegunSession;
use crate::app::two_factor::check::{AcceptedFactor, TriedFactor};
use crate::app::two_factor::error::TwoFactorError;
use crate::app::two_factor::{TwoFactors, own_user};
use crate::domain::authority::Authority;
use crate::domain::decision::principal::{Ceiling, Proof, SignedIn};
use crate::domain::events::detail::Detail;
use crate::domain::events::observation::Observation;
use crate::domain::events::origin::Origin;
use crate::domain::events::{Event, EventAction};
use crate::domain::sessions::secret::SessionSecret;
use crate::domain::sessions::{Session, SessionRules, SessionState};
use crate::domain::users::{User, UserState};
use crate::storage::sessions::{self, SessionOfUser};

impl TwoFactors {
    /// True if a sign-in with that secret awaits a code.
    pub async fn awaits_code(
        &self,
        secret: &SessionSecret,
        rules: &SessionRules,
    ) -> Result<bool, TwoFactorError> {
        Ok(self.awaiting(secret, rules).await?.is_some())
    }

    /// Ends a sign-in that awaits a code with a code or a recovery code: each works once, and of two requests with the same one, one
    /// is let in. The session has another secret from then on.
    #[tracing::instrument(name = "app.finish_sign_in", skip_all)]
    pub async fn finish_sign_in(
        &self,
        (secret, code): (&SessionSecret, &SecretString),
        rules: &SessionRules,
        origin: Origin,
    ) -> Result<BegunSession, TwoFactorError> {
        let awaiting = self.awaiting(secret, rules).await?;
        let SessionOfUser { session, user, .. } = awaiting.ok_or(TwoFactorError::NoSignIn)?;
        let proof = Proof::Session(session.id, secret.digest(), rules.end_of(&session));
        let signed_in = SignedIn::new(&user, Ceiling::of_session(proof));
        let authority = Authority::of_second_factor(&signed_in, origin);
        let tried = self.try_factor(&authority, code).await?;
        let finished = self.finish(&authority, (&session, &tried), rules).await;
        self.note_outcome(&tried, &finished);
        let (user, secret) = finished?;
        Ok(BegunSession {
            username: user.username,
            secret,
            state: SessionState::Open,
        })
    }

    /// Opens the session if the second factor is right; its user and its new secret come back.
    async fn finish(
        &self,
        authority: &Authority,
        (session, tried): (&Session, &TriedFactor),
        rules: &SessionRules,
    ) -> Result<(User, SessionSecret), TwoFactorError> {
        let clock = &*self.admission.clock;
        let login = self.admission.db.begin_login(authority, clock).await?;
        let user = own_user(&login, session.user_id).await?;
        if !user.two_factor {
            // It was turned off meanwhile: the password alone is enough, but not for this sign-in.
            return Err(TwoFactorError::NoSignIn);
        }
        let accepted = self.accepted(&login, (&user, tried), login.now()).await?;
        let accepted = accepted.ok_or_else(|| self.refused(&user, authority))?;
        let new = SessionSecret::generate(&*self.admission.entropy);
        sessions::make_room(&login, user.id, rules).await?;
        sessions::open(&login, session.id, &new.digest()).await?;
        let recovered = match accepted {
            AcceptedFactor::Code => None,
            AcceptedFactor::Recovery(left) => {
                let detail = Detail::RecoveryCode { left };
                Some(Event::new(EventAction::RecoveryCodeUsed, &user, detail))
            }
        };
        let mut granted = Vec::new();
        if let Some(event) = recovered {
            let grant = login.grant(|authority| authority.act_for(user.id))?;
            granted.push(grant.event(event));
        }
        let grant = login.grant(|authority| authority.act_for(user.id))?;
        let (device, origin) = (&session.device, authority.origin());
        let seen = Observation::session_begun(&user, device, origin, login.now());
        let events = &self.admission.observations;
        events.commit(login, granted, (grant, seen)).await?;
        Ok((user, new))
    }

    /// The sign-in that awaits a code, and its user.
    async fn awaiting(
        &self,
        secret: &SessionSecret,
        rules: &SessionRules,
    ) -> Result<Option<SessionOfUser>, DeskError> {
        self.admission.must_have_storage().await?;
        let found = sessions::find_by_digest(&self.admission.db, &secret.digest()).await?;
        let now = self.admission.clock.now();
        Ok(found.filter(|found| {
            found.session.state == SessionState::AwaitsCode
                && found.user.state == UserState::Active
                && rules.goes_on(&found.session, now)
        }))
    }
}
