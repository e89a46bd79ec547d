//! Personal access tokens: named, scoped, expiring, revocable.

pub mod filter;
pub mod lineage;
pub mod pattern;
pub mod policy;
pub mod ready_lines;
pub mod scope;
pub mod usage;

use chrono::{DateTime, Utc};

use crate::domain::access_tokens::lineage::AccessTokenLineage;
use crate::domain::access_tokens::pattern::RepositoryPattern;
use crate::domain::access_tokens::policy::WantedEnd;
use crate::domain::access_tokens::scope::AccessTokenScopes;
use crate::domain::access_tokens::usage::RecentAddresses;
use crate::domain::expiry::Expiry;
use crate::domain::ids::{AccessTokenId, UserId};
use crate::domain::text::{Description, DisplayName};

/// A token without its secret, which is known only at its creation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// Its id.
    pub id: AccessTokenId,
    /// Its owner.
    pub user_id: UserId,
    /// The properties that its owner chose.
    pub specification: AccessTokenSpecification,
    /// The time at which it was made.
    pub created_at: DateTime<Utc>,
    /// The time at which it was revoked, if it was.
    pub revoked_at: Option<DateTime<Utc>>,
    /// The time until which it works beside the token that took its place, if one did so with a grace.
    pub grace_until: Option<DateTime<Utc>>,
    /// The tokens from which it comes.
    pub lineage: AccessTokenLineage,
    /// The time of its last use, if it was used; up to ten minutes late.
    pub last_used_at: Option<DateTime<Utc>>,
    /// The addresses from which it was last used.
    pub last_used_from: RecentAddresses,
}

/// A text that says what a token is for.
pub type AccessTokenDescription = Description<255>;

/// The properties that one chooses for a token; valid by construction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessTokenSpecification {
    name: DisplayName,
    description: Option<AccessTokenDescription>,
    scopes: AccessTokenScopes,
    expiry: Option<Expiry>,
    repositories: Vec<RepositoryPattern>,
}

/// The state of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CredentialState {
    /// It works.
    Active,
    /// It has expired; with access and deploy tokens this counts more than a revocation (docs/gitlab-api.md §1.7).
    Expired,
    /// It was revoked, or the grace after its rotation is over.
    Revoked,
}

impl CredentialState {
    /// The word for it, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// A revoked token cannot be revoked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token was already revoked")]
pub struct AlreadyRevoked;

/// The reason why a token cannot be made or changed as wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAccessToken {
    /// It would have no scope.
    #[error("a token needs at least one scope")]
    NoScope,
    /// It would have more patterns than a token can hold.
    #[error("a token can be limited to at most {MAX_PATTERNS} repository patterns")]
    TooManyPatterns,
    /// The change would let the token do more, or live longer.
    #[error("a token can only be narrowed: {0}")]
    Wider(&'static str),
    /// It would have patterns and also a scope that can make a token without them.
    #[error(
        "a token that is limited to repositories can hold read_registry, write_registry, \
         delete_registry and self_rotate only, not {0}: it could make itself a wider one"
    )]
    TooWideForPatterns(AccessTokenScopes),
}

/// A change to a token; fields that are left out stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccessTokenChange {
    /// Another name.
    pub name: Option<DisplayName>,
    /// Another description, or none.
    pub description: Option<Option<AccessTokenDescription>>,
    /// An earlier end.
    pub end: WantedEnd,
    /// Fewer scopes.
    pub scopes: Option<AccessTokenScopes>,
    /// Fewer repositories.
    pub repositories: Option<Vec<RepositoryPattern>>,
}

/// Most patterns of one token; they are read with every request.
const MAX_PATTERNS: usize = 50;

/// The patterns in order, each once; an error if they are more than a token may have.
pub fn distinct_patterns(
    mut patterns: Vec<RepositoryPattern>,
) -> Result<Vec<RepositoryPattern>, InvalidAccessToken> {
    patterns.sort();
    patterns.dedup();
    if patterns.len() > MAX_PATTERNS {
        return Err(InvalidAccessToken::TooManyPatterns);
    }
    Ok(patterns)
}

impl AccessTokenSpecification {
    /// A token that can be made: named, with scopes, without end and for all repositories.
    pub fn new(name: DisplayName, scopes: AccessTokenScopes) -> Result<Self, InvalidAccessToken> {
        if scopes.is_empty() {
            return Err(InvalidAccessToken::NoScope);
        }
        Ok(Self {
            name,
            description: None,
            scopes,
            expiry: None,
            repositories: Vec::new(),
        })
    }

    /// The same with a description.
    #[must_use]
    pub fn described(self, description: Option<AccessTokenDescription>) -> Self {
        Self {
            description,
            ..self
        }
    }

    /// The same with an end.
    #[must_use]
    pub fn expiring(self, expiry: Option<Expiry>) -> Self {
        Self { expiry, ..self }
    }

    /// The same, limited to the repositories that one of the patterns covers; no pattern means all.
    pub fn limited_to(
        self,
        repositories: Vec<RepositoryPattern>,
    ) -> Result<Self, InvalidAccessToken> {
        let repositories = distinct_patterns(repositories)?;
        let too_wide: AccessTokenScopes = self
            .scopes
            .iter()
            .filter(|scope| !scope.may_be_narrowed())
            .collect();
        if !repositories.is_empty() && !too_wide.is_empty() {
            return Err(InvalidAccessToken::TooWideForPatterns(too_wide));
        }
        Ok(Self {
            repositories,
            ..self
        })
    }

    /// The same with `change`: renamed, described, shortened or narrowed, never widened.
    pub fn changed(&self, change: AccessTokenChange) -> Result<Self, InvalidAccessToken> {
        let scopes = change.scopes.unwrap_or(self.scopes);
        if scopes.iter().any(|scope| !self.scopes.contains(scope)) {
            return Err(InvalidAccessToken::Wider(
                "it cannot get scopes that it does not have",
            ));
        }
        let expiry = match change.end {
            WantedEnd::Unsaid => self.expiry,
            WantedEnd::Never => None,
            WantedEnd::At(end) => Some(end),
        };
        if self
            .expiry
            .is_some_and(|end| expiry.is_none_or(|wanted| wanted > end))
        {
            return Err(InvalidAccessToken::Wider(
                "it cannot end later than it does",
            ));
        }
        let repositories = change
            .repositories
            .unwrap_or_else(|| self.repositories.clone());
        if !self.covers_all(&repositories) {
            return Err(InvalidAccessToken::Wider(
                "it cannot get repositories that it does not have",
            ));
        }
        let description = change.description;
        Self::new(change.name.unwrap_or_else(|| self.name.clone()), scopes)?
            .described(description.unwrap_or_else(|| self.description.clone()))
            .expiring(expiry)
            .limited_to(repositories)
    }

    /// True if it differs from `other` by no more than words.
    pub fn is_limited_as(&self, other: &Self) -> bool {
        (self.scopes, self.expiry, &self.repositories)
            == (other.scopes, other.expiry, &other.repositories)
    }

    /// True if each of `patterns` is one of the token's or a repository that one of these covers.
    fn covers_all(&self, patterns: &[RepositoryPattern]) -> bool {
        let is_covered = |pattern: &RepositoryPattern| {
            let name = pattern.as_single_repository();
            self.repositories
                .iter()
                .any(|held| held == pattern || name.as_ref().is_some_and(|name| held.matches(name)))
        };
        self.repositories.is_empty() || (!patterns.is_empty() && patterns.iter().all(is_covered))
    }

    /// The name.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The description, if it has one.
    pub fn description(&self) -> Option<&str> {
        self.description.as_ref().map(Description::as_str)
    }

    /// The scopes.
    pub fn scopes(&self) -> AccessTokenScopes {
        self.scopes
    }

    /// The end, if it has one.
    pub fn expiry(&self) -> Option<Expiry> {
        self.expiry
    }

    /// The patterns that narrow it; empty for all repositories.
    pub fn repositories(&self) -> &[RepositoryPattern] {
        &self.repositories
    }
}

impl AccessToken {
    /// Its state at `now`.
    pub fn state(&self, now: DateTime<Utc>) -> CredentialState {
        if self.is_expired(now) {
            CredentialState::Expired
        } else if self.is_revoked(now) {
            CredentialState::Revoked
        } else {
            CredentialState::Active
        }
    }

    /// True if it has expired at `now`, revoked or not.
    pub fn is_expired(&self, now: DateTime<Utc>) -> bool {
        let expiry = self.specification.expiry;
        expiry.is_some_and(|expiry| expiry.has_passed(now))
    }

    /// The token after its revocation at `now`.
    pub fn revoke(self, now: DateTime<Utc>) -> Result<Self, AlreadyRevoked> {
        if self.is_revoked(now) {
            return Err(AlreadyRevoked);
        }
        Ok(Self {
            revoked_at: Some(now),
            ..self
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::access_tokens::scope::AccessTokenScope;

    fn name(text: &str) -> DisplayName {
        text.try_into().unwrap()
    }

    #[test]
    fn a_narrowed_token_cannot_hold_a_scope_of_the_api() {
        let patterns = || vec![RepositoryPattern::try_from("team/**").unwrap()];
        for scope in AccessTokenScope::ALL {
            let token =
                AccessTokenSpecification::new(name("ci"), [scope].into_iter().collect()).unwrap();
            assert_eq!(
                token.limited_to(patterns()).is_ok(),
                scope.may_be_narrowed(),
                "{scope}"
            );
        }
    }

    fn patterns(texts: &[&str]) -> Vec<RepositoryPattern> {
        let read = |text: &&str| RepositoryPattern::try_from(*text).unwrap();
        texts.iter().map(read).collect()
    }

    fn end(text: &str) -> Expiry {
        Expiry::on(text.parse().unwrap())
    }

    fn repositories(texts: &[&str]) -> AccessTokenChange {
        AccessTokenChange {
            repositories: Some(patterns(texts)),
            ..Default::default()
        }
    }

    fn expiry(expiry: Option<Expiry>) -> AccessTokenChange {
        AccessTokenChange {
            end: expiry.map_or(WantedEnd::Never, WantedEnd::At),
            ..Default::default()
        }
    }

    #[test]
    fn a_token_can_be_narrowed_but_never_widened() {
        let two = [
            AccessTokenScope::ReadRegistry,
            AccessTokenScope::WriteRegistry,
        ];
        let token = AccessTokenSpecification::new(name("ci"), two.into_iter().collect())
            .unwrap()
            .expiring(Some(end("2030-01-01")))
            .limited_to(patterns(&["team/*", "base/**"]))
            .unwrap();
        let change = |change: AccessTokenChange| token.changed(change);
        let scopes = |scopes: &[AccessTokenScope]| AccessTokenChange {
            scopes: Some(scopes.iter().copied().collect()),
            ..Default::default()
        };
        assert_eq!(change(AccessTokenChange::default()), Ok(token.clone()));
        for good in [
            repositories(&["team/app"]),
            repositories(&["base/**", "base/a/b"]),
            expiry(Some(end("2029-12-31"))),
            scopes(&[AccessTokenScope::ReadRegistry]),
            AccessTokenChange {
                name: Some(name("new")),
                description: Some(Description::read("text").unwrap()),
                ..Default::default()
            },
        ] {
            assert!(change(good.clone()).is_ok(), "{good:?}");
        }
        for bad in [
            repositories(&[]),
            repositories(&["**"]),
            repositories(&["team/app", "other"]),
            repositories(&["base/*"]),
            expiry(Some(end("2030-01-02"))),
            expiry(None),
            scopes(&[AccessTokenScope::Api]),
            scopes(&[
                AccessTokenScope::ReadRegistry,
                AccessTokenScope::DeleteRegistry,
            ]),
        ] {
            assert!(
                matches!(change(bad.clone()), Err(InvalidAccessToken::Wider(_))),
                "{bad:?}"
            );
        }
        assert_eq!(change(scopes(&[])), Err(InvalidAccessToken::NoScope));
        let endless = AccessTokenSpecification::new(name("ci"), two.into_iter().collect()).unwrap();
        assert!(endless.changed(expiry(Some(end("2040-01-01")))).is_ok());
        assert!(endless.changed(repositories(&["team/**"])).is_ok());
    }

    #[test]
    fn a_token_needs_a_scope() {
        assert_eq!(
            AccessTokenSpecification::new(name("ci"), AccessTokenScopes::default()),
            Err(InvalidAccessToken::NoScope)
        );
    }
}
