//! Two-factor authentication: beside the password, a code from a device that has a secret, or a recovery code.

pub mod recovery_code;
pub mod totp;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};

use crate::domain::ids::UserId;
use crate::domain::sealed::Sealed;
use crate::domain::two_factor::recovery_code::RecoveryCode;
use crate::domain::two_factor::totp::{TotpCode, TotpStep};

/// The second factor of a user, on or begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TwoFactor {
    /// The secret that the user's device has, too.
    pub secret: Sealed,
    /// The step of the last code that was accepted: no code of that step or an earlier one is.
    pub last_step: TotpStep,
    /// The time at which the secret was made.
    pub begun_at: DateTime<Utc>,
}

/// The time within which a secret is to be confirmed.
const TIME_TO_CONFIRM: TimeDelta = TimeDelta::minutes(10);

impl TwoFactor {
    /// True if the secret may still be confirmed at `now`.
    pub fn may_be_confirmed(&self, now: DateTime<Utc>) -> bool {
        now - self.begun_at < TIME_TO_CONFIRM
    }
}

/// A text that may be a second factor; storage knows if it is.
#[derive(Debug, Clone)]
pub enum SecondFactor {
    /// A code of the moment.
    Code(TotpCode),
    /// One of the codes that the user wrote down.
    Recovery(RecoveryCode),
}

impl SecondFactor {
    /// Reads what somebody typed; none if it has the form of neither.
    pub fn read(text: &SecretString) -> Option<Self> {
        let text = text.expose_secret();
        let code = TotpCode::try_from(text).map(Self::Code);
        code.or_else(|_| RecoveryCode::try_from(text).map(Self::Recovery))
            .ok()
    }
}

/// The words that tie an encrypted secret to its user: for another one it does not open.
pub fn sealed_for(user: UserId) -> String {
    format!("the two-factor secret of user {user}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_apart_by_their_form() {
        let read = |text: &str| SecondFactor::read(&SecretString::from(text));
        assert!(matches!(read("123456"), Some(SecondFactor::Code(_))));
        let recovery = read("0123-4567-89ab-cdef");
        assert!(matches!(recovery, Some(SecondFactor::Recovery(_))));
        assert!(read("").is_none() && read("correct horse").is_none());
    }
}
