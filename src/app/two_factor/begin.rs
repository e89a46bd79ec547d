//! Beginning to set up two-factor authentication.

use std::fmt;

use secrecy::SecretString;

use crate::app::two_factor::error::TwoFactorError;
use crate::app::two_factor::{TwoFactors, own_id, own_user};
use crate::domain::authority::Authority;
use crate::domain::events::detail::Detail;
use crate::domain::events::{Event, EventAction};
use crate::domain::two_factor::sealed_for;
use crate::domain::two_factor::totp::TotpSecret;
use crate::domain::users::User;
use crate::storage::two_factor;

/// The secret that a user's device is to have; shown to them, and does not print itself.
pub struct Enrolment {
    /// In base32, to be typed.
    pub secret: SecretString,
    /// As an `otpauth:` address, for a QR code.
    pub uri: SecretString,
}

impl TwoFactors {
    /// Gives the caller a secret, in the place of one that they have not confirmed. Nothing else changes until they confirm it.
    #[tracing::instrument(name = "app.begin_two_factor", skip_all)]
    pub async fn begin(&self, authority: &Authority) -> Result<Enrolment, TwoFactorError> {
        let id = own_id(authority)?;
        // A user who has it on is refused before a key is made; that is looked at again inside the change.
        if own_user(&self.admission.db, id).await?.two_factor {
            return Err(TwoFactorError::AlreadyOn);
        }
        let key = self.key_for_new().await?;
        let entropy = &*self.admission.entropy;
        let secret = TotpSecret::generate(entropy);
        let sealed = key.seal(secret.as_bytes(), &sealed_for(id), entropy)?;
        let clock = &*self.admission.clock;
        let change = self.admission.db.begin(authority, clock).await?;
        let grant = change.grant(|authority| authority.act_for(id))?;
        let user = own_user(&change, id).await?;
        if user.two_factor {
            return Err(TwoFactorError::AlreadyOn);
        }
        two_factor::begin(&change, id, &sealed).await?;
        let event = Event::new(EventAction::TwoFactorBegun, &user, Detail::nothing());
        change.commit([grant.event(event)]).await?;
        Ok(self.enrolment(&user, &secret))
    }

    /// The same once more for `user`, from the base32 that a page showed; none if that is no secret.
    pub fn shown_again(&self, user: &User, base32: &SecretString) -> Option<Enrolment> {
        let secret = TotpSecret::from_base32(base32)?;
        Some(self.enrolment(user, &secret))
    }

    fn enrolment(&self, user: &User, secret: &TotpSecret) -> Enrolment {
        Enrolment {
            secret: secret.base32(),
            uri: secret.uri(&self.issuer, user.username.as_str()),
        }
    }
}

impl fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Enrolment(…)")
    }
}
