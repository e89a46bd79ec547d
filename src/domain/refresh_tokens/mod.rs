//! Refresh tokens, which a client keeps instead of a password.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::domain::access_tokens::CredentialState;
use crate::domain::clock::AHEAD;
use crate::domain::ids::{RefreshTokenId, UserId};

/// A refresh token without its secret (RFC 6749 section 1.5); bound to a user and a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// Its id.
    pub id: RefreshTokenId,
    /// The user whose login it came from.
    pub user_id: UserId,
    /// The service of the one registry that it is for.
    pub service: String,
    /// The client's name for itself.
    pub client_id: Option<String>,
    /// The time at which it was made.
    pub created_at: DateTime<Utc>,
    /// The time of its last use, or else of its making.
    pub last_used_at: DateTime<Utc>,
    /// The time at which it was revoked, if it was.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// The lifetimes of refresh tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshLifetimes {
    /// The life of a token that is not used.
    pub idle: Duration,
    /// The life of any token.
    pub absolute: Duration,
}

/// The time after a use at which the next one is written down, unless tokens idle out sooner.
const USE_GRANULARITY: Duration = Duration::from_mins(10);

impl RefreshLifetimes {
    /// True if a use at `now` is to be written down after the last one that was.
    pub fn is_use_noted(&self, last_used_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        let granularity = USE_GRANULARITY.min(self.idle / 10);
        (now - last_used_at)
            .to_std()
            .is_ok_and(|since| since >= granularity)
    }

    /// The instants before which a living token was neither used last nor made.
    pub fn limits(&self, now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
        let before = |lifetime: Duration| {
            chrono::Duration::from_std(lifetime)
                .ok()
                .and_then(|lifetime| now.checked_sub_signed(lifetime))
                .unwrap_or(DateTime::<Utc>::MIN_UTC)
        };
        (before(self.idle), before(self.absolute))
    }
}

impl RefreshToken {
    /// Its state at `now`: it has expired if it was not used for too long, or is too old, and a revocation counts more. One that was made
    /// later, by a clock that was ahead, would live for as long as that was: it has expired too.
    pub fn state(&self, lifetimes: &RefreshLifetimes, now: DateTime<Utc>) -> CredentialState {
        let (used_after, made_after) = lifetimes.limits(now);
        let is_too_old = self.last_used_at <= used_after || self.created_at <= made_after;
        if self.revoked_at.is_some() {
            CredentialState::Revoked
        } else if is_too_old || self.created_at > now + AHEAD {
            CredentialState::Expired
        } else {
            CredentialState::Active
        }
    }
}
