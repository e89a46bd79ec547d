//! Turning two-factor authentication on.

use secrecy::SecretString;

use crate::app::sessions::end_others;
use crate::app::two_factor::error::TwoFactorError;
use crate::app::two_factor::key::open;
use crate::app::two_factor::{TwoFactors, own_id, own_user};
use crate::domain::authority::Authority;
use crate::domain::events::detail::Detail;
use crate::domain::events::{Event, EventAction};
use crate::domain::sessions::secret::SessionSecret;
use crate::domain::two_factor::SecondFactor;
use crate::domain::two_factor::recovery_code::RecoveryCode;
use crate::domain::two_factor::totp::TotpSecret;
use crate::storage::{refresh_tokens, two_factor};

/// Two-factor authentication that was turned on.
#[derive(Debug)]
pub struct TurnedOn {
    /// The recovery codes, which are shown once.
    pub codes: Vec<RecoveryCode>,
    /// The new secret of the session that the caller works in, if it is one.
    pub session: Option<SessionSecret>,
}

impl TwoFactors {
    /// Turns two-factor authentication on for the caller, whose device shows `code`, and returns their recovery codes. From now on
    /// their password alone opens nothing, and what came of it ends: refresh tokens, and sessions but for the one that they are in,
    /// which gets another secret.
    ///
    /// A page says which secret it has `shown`, so that nobody confirms one that somebody else was given with a stolen token.
    #[tracing::instrument(name = "app.confirm_two_factor", skip_all)]
    pub async fn confirm(
        &self,
        authority: &Authority,
        (shown, code): (Option<&SecretString>, &SecretString),
    ) -> Result<TurnedOn, TwoFactorError> {
        let id = own_id(authority)?;
        let key = self.key().await?;
        let clock = &*self.admission.clock;
        let change = self.admission.db.begin(authority, clock).await?;
        let grant = change.grant(|authority| authority.act_for(id))?;
        let user = own_user(&change, id).await?;
        if user.two_factor {
            return Err(TwoFactorError::AlreadyOn);
        }
        let stored = two_factor::find(&change, id).await?;
        let stored = stored.filter(|stored| stored.may_be_confirmed(change.now()));
        let stored = stored.ok_or(TwoFactorError::NotBegun)?;
        // A secret that cannot be read any more was as good as not begun; another one takes its place.
        let secret = key.as_ref().and_then(|key| open(key, id, &stored));
        let secret = secret.ok_or(TwoFactorError::NotBegun)?;
        if let Some(shown) = shown {
            let shown = TotpSecret::from_base32(shown);
            let is_same = shown.is_some_and(|shown| shown.is(&secret));
            if !is_same {
                return Err(TwoFactorError::NotBegun);
            }
        }
        // There is nothing to guess: whoever may confirm the secret may also begin with another one.
        let Some(SecondFactor::Code(code)) = SecondFactor::read(code) else {
            return Err(TwoFactorError::WrongCode);
        };
        let step = secret.step_of(&code, stored.last_step, change.now());
        let step = step.ok_or(TwoFactorError::WrongCode)?;
        let codes = RecoveryCode::generate(&*self.admission.entropy);
        let digests = codes.each_ref().map(|code| code.digest(id));
        two_factor::turn_on(&change, (id, step), &digests).await?;
        refresh_tokens::revoke_all(&change, id).await?;
        let kept = (id, authority.session());
        let session = end_others(&change, kept, &*self.admission.entropy).await?;
        let event = Event::new(EventAction::TwoFactorEnabled, &user, Detail::nothing());
        change.commit([grant.event(event)]).await?;
        Ok(TurnedOn {
            codes: codes.into(),
            session,
        })
    }
}
