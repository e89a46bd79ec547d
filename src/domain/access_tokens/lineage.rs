//! The origin of a token, and its replacement by rotation.

use chrono::{DateTime, Utc};

use crate::domain::access_tokens::{AccessToken, CredentialState};
use crate::domain::expiry::{Expiry, Lifetime};
use crate::domain::ids::AccessTokenId;

/// The tokens from which a token comes.
///
/// Rotation makes a chain of tokens, one after the other: a family, named by the first of them. A
/// token that was made with another one is in a family of its own, and depends on its maker, or on the
/// token that took the maker's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AccessTokenLineage {
    /// The first token of its family; none if this is the first.
    pub first: Option<AccessTokenId>,
    /// The token whose place it took.
    pub previous: Option<AccessTokenId>,
    /// The token that it was made with.
    pub maker: Option<AccessTokenId>,
}

/// The reason why a token cannot be rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotRotatable {
    /// It was revoked, or another one took its place.
    #[error("the token was already revoked; make another one")]
    Revoked,
    /// Another one took its place, and it works on for a while.
    #[error(
        "the token was already rotated: it works until its grace ends; rotate the one that took its place"
    )]
    InGrace,
}

impl AccessToken {
    /// The name of its family: the first token of it.
    pub fn family(&self) -> AccessTokenId {
        self.lineage.first.unwrap_or(self.id)
    }

    /// True if another token took its place and this one still works.
    pub fn is_in_grace(&self, now: DateTime<Utc>) -> bool {
        self.grace_until.is_some() && self.state(now) == CredentialState::Active
    }

    /// True if it was revoked or its grace is over; its expiry does not matter here.
    pub fn is_revoked(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_some() || self.grace_until.is_some_and(|end| end <= now)
    }

    /// The time at which it stops working by itself: the end of its grace or its expiry, whichever is first.
    pub fn end(&self) -> Option<Expiry> {
        let ends = [
            self.specification.expiry(),
            self.grace_until.map(Expiry::at),
        ];
        ends.into_iter().flatten().min()
    }

    /// Refuses a token whose place another one cannot take; its expiry does not matter.
    pub fn check_rotatable(&self, now: DateTime<Utc>) -> Result<(), NotRotatable> {
        if self.is_revoked(now) {
            Err(NotRotatable::Revoked)
        } else if self.grace_until.is_some() {
            Err(NotRotatable::InGrace)
        } else {
            Ok(())
        }
    }

    /// The lineage of the token that takes its place.
    pub fn lineage_of_successor(&self) -> AccessTokenLineage {
        AccessTokenLineage {
            first: Some(self.family()),
            previous: Some(self.id),
            maker: self.lineage.maker,
        }
    }

    /// The end of its grace, which is never after its own end, nor after that of the token that takes its place; none if no time is
    /// left.
    pub fn grace_end(
        &self,
        grace: Lifetime,
        successor: Option<Expiry>,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let ends = [self.specification.expiry(), successor]
            .into_iter()
            .flatten();
        let ends = ends.map(Expiry::instant).chain([grace.after(now)]);
        ends.min().filter(|&end| end > now)
    }
}
