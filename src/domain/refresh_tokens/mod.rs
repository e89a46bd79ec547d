//! What a client keeps instead of a password, between one registry token and the next.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::domain::ids::{RefreshTokenId, UserId};

/// A refresh token without its secret (RFC 6749 section 1.5); bound to a user and a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// The number it is named by.
    pub id: RefreshTokenId,
    /// Whose login it came from.
    pub user_id: UserId,
    /// The one registry it is good for.
    pub service: String,
    /// What the client calls itself.
    pub client_id: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last used; when it was made, until then.
    pub last_used_at: DateTime<Utc>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// How long refresh tokens live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshLifetimes {
    /// Without being used.
    pub idle: Duration,
    /// In all.
    pub absolute: Duration,
}

/// Whether a refresh token works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefreshTokenState {
    /// It works.
    Active,
    /// It was not used for too long, or is too old.
    Expired,
    /// It was revoked.
    Revoked,
}

/// How long after a use the next one is written down, unless tokens idle out soon: no login waits for
/// that more often.
const USE_GRANULARITY: Duration = Duration::from_mins(10);

impl RefreshLifetimes {
    /// Whether a use at `now` is to be written down after the one that was.
    pub fn is_use_noted(&self, last_used_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        let granularity = USE_GRANULARITY.min(self.idle / 10);
        (now - last_used_at)
            .to_std()
            .is_ok_and(|since| since >= granularity)
    }

    /// The instants before which a token must not have been used last, and not have been made.
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
    /// Whether it works at `now`.
    pub fn state(&self, lifetimes: &RefreshLifetimes, now: DateTime<Utc>) -> RefreshTokenState {
        let (used_after, made_after) = lifetimes.limits(now);
        if self.revoked_at.is_some() {
            RefreshTokenState::Revoked
        } else if self.last_used_at <= used_after || self.created_at <= made_after {
            RefreshTokenState::Expired
        } else {
            RefreshTokenState::Active
        }
    }
}
