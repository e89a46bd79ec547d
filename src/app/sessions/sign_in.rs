//! Signing in on the web pages.

use secrecy::SecretString;

use crate::app::admit::Admission;
use crate::app::error::DeskError;
use crate::domain::authority::Authority;
use crate::domain::decision::principal::{Ceiling, Proof, SignedIn};
use crate::domain::events::observation::Observation;
use crate::domain::events::origin::Origin;
use crate::domain::sessions::device::Device;
use crate::domain::sessions::secret::SessionSecret;
use crate::domain::sessions::{SessionRules, SessionState};
use crate::domain::users::User;
use crate::domain::users::username::Username;
use crate::identity::AuthenticationError;
use crate::storage::sessions::{self, SessionRecord};
use crate::storage::{Login, users};

/// A browser in which somebody signs in.
#[derive(Debug)]
pub struct Arrival {
    /// The browser and the system.
    pub device: Device,
    /// The session that was in this browser before, which the new one replaces.
    pub earlier: Option<SessionSecret>,
    /// The origin of the request.
    pub origin: Origin,
}

/// A session that began.
#[derive(Debug)]
pub struct BegunSession {
    /// The user.
    pub username: Username,
    /// The secret, for the browser.
    pub secret: SessionSecret,
    /// The part of the sign-in that is done.
    pub state: SessionState,
}

/// A sign-in that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Name and password were refused, or not looked at.
    #[error(transparent)]
    Authentication(#[from] AuthenticationError),
    /// The session could not begin.
    #[error(transparent)]
    Desk(#[from] DeskError),
}

impl Admission {
    /// Begins a session for whoever knows the password of a user, whom a user name or an e-mail address names. Its secret is a new
    /// one, whatever the browser sent before. With a second factor it opens nothing until that was shown, too.
    #[tracing::instrument(name = "app.sign_in", skip_all)]
    pub async fn sign_in(
        &self,
        (name, password): (&str, &SecretString),
        arrival: Arrival,
        rules: &SessionRules,
    ) -> Result<BegunSession, SignInError> {
        let Arrival {
            device,
            earlier,
            origin,
        } = arrival;
        let (user, login) = match self.begin_sign_in((name, password), &origin).await {
            // Perhaps another login has hashed the same password anew since it was checked.
            Err(SignInError::Desk(error)) if error.is_of_another_hash() => {
                Box::pin(self.begin_sign_in((name, password), &origin)).await?
            }
            begun => begun?,
        };
        let secret = SessionSecret::generate(&*self.entropy);
        let grant = login.grant(|authority| authority.act_for(user.id));
        let grant = grant.map_err(DeskError::from)?;
        let session = async {
            // A second factor may have been turned on since the password was checked.
            let now = users::find(&login, user.id).await?;
            let has_second_factor = now.is_some_and(|user| user.two_factor);
            if let Some(earlier) = earlier {
                sessions::replace(&login, &earlier.digest()).await?;
            }
            let state = if has_second_factor {
                let from = (user.id, origin.address);
                sessions::make_room_to_wait(&login, from, rules).await?;
                SessionState::AwaitsCode
            } else {
                sessions::make_room(&login, user.id, rules).await?;
                SessionState::Open
            };
            let record = SessionRecord {
                user: user.id,
                digest: secret.digest(),
                state,
                device,
                address: origin.address,
            };
            sessions::insert(&login, record).await
        };
        let session = session.await.map_err(DeskError::from)?;
        let committed = match session.state {
            SessionState::Open => {
                let now = self.clock.now();
                let seen = Observation::session_begun(&user, &session.device, &origin, now);
                let events = &self.observations;
                events.commit(login, Vec::new(), (grant, seen)).await
            }
            // The code that is asked for is noted below.
            SessionState::AwaitsCode => login.commit([]).await,
        };
        committed.map_err(DeskError::from)?;
        if session.state == SessionState::AwaitsCode {
            let asked = Observation::second_factor_asked(&user, &origin, self.clock.now());
            self.observations.note(asked);
        }
        Ok(BegunSession {
            username: user.username,
            secret,
            state: session.state,
        })
    }

    /// Begins what a sign-in writes. A block or another password comes before this, and is seen, or after it, and ends the session.
    async fn begin_sign_in(
        &self,
        (name, password): (&str, &SecretString),
        origin: &Origin,
    ) -> Result<(User, Login), SignInError> {
        let (user, hash) = self.admit_password((name, password), origin).await?;
        let ceiling = Ceiling::of_login(Proof::Password(hash));
        let authority = Authority::of_session(&SignedIn::new(&user, ceiling), origin.clone());
        let login = self.db.begin_login(&authority, &*self.clock).await;
        Ok((user, login.map_err(DeskError::from)?))
    }
}
