//! Checking a second factor, which is used up by it.

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};

use crate::app::two_factor::error::TwoFactorError;
use crate::app::two_factor::key::open;
use crate::app::two_factor::{TwoFactors, own_id};
use crate::domain::authority::Authority;
use crate::domain::authority::cause::Cause;
use crate::domain::events::observation::Observation;
use crate::domain::two_factor::SecondFactor;
use crate::domain::two_factor::recovery_code::RecoveryCode;
use crate::domain::two_factor::totp::TotpCode;
use crate::domain::users::User;
use crate::identity::SecondFactorAttempt;
use crate::signing::EncryptionKey;
use crate::storage::two_factor::{self, FactorUse};

/// A second factor that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AcceptedFactor {
    /// The code of the device.
    Code,
    /// A recovery code, of which so many are left.
    Recovery(u64),
}

/// A secret that is compared with the stored one.
enum TriedSecret {
    /// A code, with the key that opens the stored secret.
    Code(TotpCode, EncryptionKey),
    Recovery(RecoveryCode),
}

/// A second factor that may be tried.
pub(super) struct TriedFactor {
    /// None if it has the form of none.
    factor: Option<TriedSecret>,
    attempt: SecondFactorAttempt,
}

impl TwoFactors {
    /// Lets the caller try a second factor, unless too many were wrong before.
    pub(super) async fn try_factor(
        &self,
        authority: &Authority,
        presented: &SecretString,
    ) -> Result<TriedFactor, TwoFactorError> {
        let id = own_id(authority)?;
        // The key's file is read here, because a change holds up others.
        let factor = match SecondFactor::read(presented) {
            None => None,
            Some(SecondFactor::Code(code)) => {
                let key = self.key().await?.ok_or_else(|| self.key.gone())?;
                Some(TriedSecret::Code(code, key))
            }
            Some(SecondFactor::Recovery(code)) => Some(TriedSecret::Recovery(code)),
        };
        // Nobody guesses 80 bits, so a user with recovery codes is never kept out by those who guess six digits.
        let is_guessable = !matches!(factor, Some(TriedSecret::Recovery(_)));
        let presented = (presented.expose_secret().as_bytes(), is_guessable);
        let by = (authority.origin().address, id);
        let now = self.admission.clock.now();
        let authenticator = &self.admission.authenticator;
        let attempt = authenticator.try_second_factor(by, presented, now);
        let attempt = attempt.map_err(TwoFactorError::Throttled)?;
        Ok(TriedFactor { factor, attempt })
    }

    /// Uses up the second factor, if it is right.
    pub(super) async fn accepted(
        &self,
        of: &impl FactorUse,
        (user, tried): (&User, &TriedFactor),
        now: DateTime<Utc>,
    ) -> Result<Option<AcceptedFactor>, TwoFactorError> {
        match &tried.factor {
            None => Ok(None),
            Some(TriedSecret::Recovery(code)) => {
                let digest = code.digest(user.id);
                let left = two_factor::use_recovery_code(of, user.id, &digest).await?;
                Ok(left.map(AcceptedFactor::Recovery))
            }
            Some(TriedSecret::Code(code, key)) => {
                let stored = two_factor::find(of, user.id).await?;
                let stored = stored.ok_or(TwoFactorError::Off)?;
                let secret = open(key, user.id, &stored);
                let secret = secret.ok_or_else(|| self.key.another())?;
                let Some(step) = secret.step_of(code, stored.last_step, now) else {
                    return Ok(None);
                };
                let is_first = two_factor::use_step(of, user.id, step).await?;
                Ok(is_first.then_some(AcceptedFactor::Code))
            }
        }
    }

    /// Notes what became of a try: the failures before a right one are forgotten when what it was shown for is done, and one that
    /// nobody could judge does not count.
    pub(super) fn note_outcome<T>(&self, tried: &TriedFactor, outcome: &Result<T, TwoFactorError>) {
        let authenticator = &self.admission.authenticator;
        match outcome {
            Ok(_) => authenticator.second_factor_was_right(&tried.attempt),
            Err(TwoFactorError::WrongCode) => authenticator.second_factor_was_wrong(),
            Err(_) => authenticator.second_factor_was_not_judged(&tried.attempt),
        }
    }

    /// The error of a wrong second factor, which is noted.
    pub(super) fn refused(&self, user: &User, authority: &Authority) -> TwoFactorError {
        let now = self.admission.clock.now();
        let seen = Observation::refusal(user.into(), Cause::WrongCode, authority.origin(), now);
        self.admission.observations.note(seen);
        TwoFactorError::WrongCode
    }
}
