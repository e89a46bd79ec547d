//! Where a token comes from, and how it makes way for the next.

use chrono::{DateTime, Utc};

use crate::domain::access_tokens::{AccessToken, CredentialState};
use crate::domain::expiry::{Expiry, Lifetime};
use crate::domain::ids::AccessTokenId;

/// Where a token comes from.
///
/// Rotation makes a chain of tokens, one after the other: a family, named by the first of them. A
/// token that was made with another one is in a family of its own, and hangs on the maker, or on what
/// took the maker's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AccessTokenLineage {
    /// The first of its family; none if it is that itself.
    pub first: Option<AccessTokenId>,
    /// The one whose place it took.
    pub previous: Option<AccessTokenId>,
    /// The one that it was made with.
    pub maker: Option<AccessTokenId>,
}

/// Why a token cannot be rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotRotatable {
    /// It was revoked, or another one took its place.
    #[error("Token already revoked")]
    Revoked,
    /// Another one took its place, and it works on for a while.
    #[error(
        "Token already rotated: it works until its grace ends; rotate the one that took its place"
    )]
    InGrace,
}

impl AccessToken {
    /// The name of its family: the first token of it.
    pub fn family(&self) -> AccessTokenId {
        self.lineage.first.unwrap_or(self.id)
    }

    /// Whether another one took its place, and it still works.
    pub fn is_in_grace(&self, now: DateTime<Utc>) -> bool {
        self.grace_until.is_some() && self.state(now) == CredentialState::Active
    }

    /// Whether it was revoked, or its grace is over; whatever its date.
    pub fn is_revoked(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_some() || self.grace_until.is_some_and(|end| end <= now)
    }

    /// When it stops working by itself.
    pub fn end(&self) -> Option<Expiry> {
        let ends = [
            self.specification.expiry(),
            self.grace_until.map(Expiry::at),
        ];
        ends.into_iter().flatten().min()
    }

    /// Whether another one may take its place; its date does not matter.
    pub fn check_rotatable(&self, now: DateTime<Utc>) -> Result<(), NotRotatable> {
        if self.is_revoked(now) {
            Err(NotRotatable::Revoked)
        } else if self.grace_until.is_some() {
            Err(NotRotatable::InGrace)
        } else {
            Ok(())
        }
    }

    /// Where the token that takes its place comes from.
    pub fn lineage_of_successor(&self) -> AccessTokenLineage {
        AccessTokenLineage {
            first: Some(self.family()),
            previous: Some(self.id),
            maker: self.lineage.maker,
        }
    }

    /// How long it works on beside its successor: never beyond its own end. None if that is no time.
    pub fn grace_end(&self, grace: Lifetime, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let own_end = self.specification.expiry().map(Expiry::instant);
        let end = grace.after(now);
        Some(own_end.map_or(end, |own_end| own_end.min(end))).filter(|&end| end > now)
    }
}
