//! Credentials that were refused: whoever presented a token may have to wait, and the operator sees how many there are.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};

use crate::domain::authority::cause::Cause;
use crate::domain::numbers::RefusalNumbers;
use crate::domain::secret::SecretKind;
use crate::identity::error::{AuthenticationError, RefusedCredential};
use crate::identity::throttle::Throttle;

/// Judges and counts refused credentials; clones count together.
#[derive(Debug, Clone)]
pub(super) struct RefusedCredentials {
    throttle: Throttle,
    tallies: Arc<Tallies>,
}

#[derive(Debug, Default)]
struct Tallies {
    passwords: RefusalTally,
    tokens: RefusalTally,
    codes: RefusalTally,
    unreadable: RefusalTally,
}

#[derive(Debug, Default)]
struct RefusalTally {
    wrong: AtomicU64,
    throttled: AtomicU64,
}

impl RefusedCredentials {
    pub(super) fn new(throttle: Throttle) -> Self {
        Self {
            throttle,
            tallies: Arc::default(),
        }
    }

    /// The error for a caller who was refused: that the credential is wrong, or that the caller has to wait.
    pub(super) fn answer(
        &self,
        refused: RefusedCredential,
        secret: Option<&SecretString>,
        (address, now): (Option<IpAddr>, DateTime<Utc>),
    ) -> RefusedCredential {
        let RefusedCredential { error, about } = refused;
        let is_password = secret.is_some_and(is_password)
            && match &error {
                // A secret that looks like none of ours is a password only where passwords are taken.
                AuthenticationError::Wrong(cause) => is_of_password(*cause, secret),
                _ => true,
            };
        let error = self.throttled(error, secret, (address, now));
        let tally = match secret {
            Some(_) if is_password => &self.tallies.passwords,
            Some(_) => &self.tallies.tokens,
            None => &self.tallies.unreadable,
        };
        let count = match error {
            AuthenticationError::Wrong(_) => Some(&tally.wrong),
            AuthenticationError::Throttled(..) => Some(&tally.throttled),
            AuthenticationError::Busy
            | AuthenticationError::Password(_)
            | AuthenticationError::Storage(_) => None,
        };
        if let Some(count) = count {
            count.fetch_add(1, Ordering::Relaxed);
        }
        RefusedCredential { error, about }
    }

    /// Passwords are counted by the throttle where they are checked.
    fn throttled(
        &self,
        error: AuthenticationError,
        secret: Option<&SecretString>,
        (address, now): (Option<IpAddr>, DateTime<Utc>),
    ) -> AuthenticationError {
        let AuthenticationError::Wrong(cause) = error else {
            return error;
        };
        if is_of_password(cause, secret) {
            return error;
        }
        let presented = secret.map_or("", ExposeSecret::expose_secret);
        let presented = SecretKind::without_line_end(presented).as_bytes();
        let exists = matches!(
            cause,
            Cause::ExpiredToken
                | Cause::RevokedToken
                | Cause::OtherService
                | Cause::OtherUsername
                | Cause::BlockedUser
                | Cause::TwoFactorEnabled
        );
        let token = exists.then_some(presented);
        let wait = self.throttle.token_failed(address, (token, presented), now);
        wait.map_or(error, |wait| {
            AuthenticationError::Throttled(wait, Some(cause))
        })
    }

    /// Counts a second factor that was wrong.
    pub(super) fn count_wrong_code(&self) {
        self.tallies.codes.wrong.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a second factor that was not looked at, because its user or address has to wait.
    pub(super) fn count_throttled_code(&self) {
        self.tallies.codes.throttled.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn numbers(&self) -> [RefusalNumbers; 4] {
        let read = |credential, tally: &RefusalTally| RefusalNumbers {
            credential,
            wrong: tally.wrong.load(Ordering::Relaxed),
            throttled: tally.throttled.load(Ordering::Relaxed),
        };
        [
            read("password", &self.tallies.passwords),
            read("token", &self.tallies.tokens),
            read("code", &self.tallies.codes),
            read("unreadable", &self.tallies.unreadable),
        ]
    }
}

/// True for the cause of a refusal of a password, or of one that was taken for a password.
fn is_of_password(cause: Cause, secret: Option<&SecretString>) -> bool {
    match cause {
        // The last two are the same whatever was presented: there is nothing to guess.
        Cause::UnknownUser
        | Cause::NoPassword
        | Cause::WrongPassword
        | Cause::TwoFactorRequired
        | Cause::EmptySecret => true,
        Cause::BlockedUser | Cause::TwoFactorEnabled => secret.is_some_and(is_password),
        _ => false,
    }
}

/// True for a secret that is checked as a password.
fn is_password(secret: &SecretString) -> bool {
    SecretKind::of(secret.expose_secret()).is_none()
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use super::*;
    use crate::domain::entropy::Sevens;
    use crate::domain::failed_logins::BackOff;

    /// A secret that is refused twenty times from an address, five seconds after one another, and the answer to an unknown token from there.
    fn after_many(cause: Cause, secret: &str) -> AuthenticationError {
        let rules = BackOff {
            free: 2,
            longest: Duration::from_mins(5),
        };
        let refused = RefusedCredentials::new(Throttle::new(rules, |_| false, &Sevens));
        let answer = |cause: Cause, secret: &str, seconds| {
            let at = DateTime::from_timestamp(seconds, 0).unwrap();
            let from = (Some(Ipv4Addr::LOCALHOST.into()), at);
            refused.answer(cause.into(), Some(&secret.into()), from)
        };
        for number in 0..20 {
            answer(cause, secret, number * 5);
        }
        answer(Cause::UnknownToken, "whf_pat_unknown", 95).error
    }

    /// A machine with a token that was good once goes on with it for days, behind an address that it may share.
    #[test]
    fn a_token_that_exists_makes_no_other_from_its_address_wait() {
        for cause in [
            Cause::ExpiredToken,
            Cause::RevokedToken,
            Cause::OtherService,
            Cause::OtherUsername,
            Cause::BlockedUser,
            Cause::TwoFactorEnabled,
        ] {
            let answer = after_many(cause, "whf_rt_known");
            let is_let_try = matches!(answer, AuthenticationError::Wrong(Cause::UnknownToken));
            assert!(is_let_try, "{cause}: {answer}");
        }
        for cause in [Cause::UnknownToken, Cause::BrokenToken] {
            let answer = after_many(cause, "whf_pat_guess");
            let waits = matches!(answer, AuthenticationError::Throttled(..));
            assert!(waits, "{cause}: {answer}");
        }
    }
}
