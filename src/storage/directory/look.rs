//! One request's look at the directory.

mod ask;
mod load;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::decision::principal::Principal;
use crate::domain::decision::rights::Rights;
use crate::domain::deploy_tokens::DeployToken;
use crate::domain::members::ownership_at;
use crate::domain::refresh_tokens::RefreshToken;
use crate::domain::registry::repository_name::RepositoryName;
use crate::domain::secret::SecretDigest;
use crate::domain::users::EmailAddress;
use crate::domain::users::username::Username;
use crate::storage::changes::counter;
use crate::storage::connections::db::Db;
use crate::storage::directory::boot_time::BootTime;
use crate::storage::directory::copies::Copies;
use crate::storage::directory::facts::{FoundNamespace, OwnedAccessToken, OwnedRefreshToken};
use crate::storage::directory::follower::{Away, Follower};
use crate::storage::directory::one_moment::OneMoment;
use crate::storage::error::StorageError;
use crate::storage::users::{self, Account};

/// A look at the directory, for one request.
#[derive(Debug)]
pub struct Look<'a> {
    db: &'a Db,
    trust: Trust<'a>,
    moment: OneMoment,
    begun: BootTime,
}

/// The trust in the copies.
#[derive(Debug)]
pub(super) enum Trust<'a> {
    /// They are right, and what is missing is loaded.
    Current(&'a Copies, &'a Follower),
    /// Storage is away; they were right a while ago, and there is nothing else.
    Stale(&'a Copies, Away),
    /// Storage is away, and so are they.
    Away(Away),
    /// There are none to use.
    Nothing,
}

impl<'a> Look<'a> {
    pub(super) fn new(db: &'a Db, trust: Trust<'a>, begun: BootTime) -> Self {
        let drops = match &trust {
            Trust::Current(copies, _) | Trust::Stale(copies, _) => Some(&copies.drops),
            Trust::Away(_) | Trust::Nothing => None,
        };
        Self {
            db,
            moment: OneMoment::begin(drops),
            trust,
            begun,
        }
    }

    /// Makes sure that the copies are no older than a credential that was just read past them.
    pub async fn catch_up(&self) -> Result<(), StorageError> {
        match &self.trust {
            Trust::Current(copies, follower) => Box::pin(follower.follow(self.db, copies)).await,
            Trust::Nothing => {
                self.moment.note(counter::read(&self.db.connection).await?);
                Ok(())
            }
            Trust::Stale(..) | Trust::Away(_) => Ok(()),
        }
    }

    /// True if all that this look has told about the caller and the repositories was true together. Otherwise a new look
    /// is needed.
    pub async fn is_of_one_moment(
        &self,
        principal: &Principal,
        repositories: &[&RepositoryName],
    ) -> Result<bool, StorageError> {
        let are_there = self
            .copies()
            .is_none_or(|copies| self.moment.lasts(&copies.drops, principal, repositories));
        Ok(are_there && self.moment.is_one(self.db, principal, repositories).await?)
    }

    /// Fails while answers may be older than they should be: only pulls are answered then.
    pub fn must_be_current(&self) -> Result<(), StorageError> {
        match &self.trust {
            Trust::Current(..) | Trust::Nothing => Ok(()),
            Trust::Stale(_, away) | Trust::Away(away) => Err(away.error()),
        }
    }

    /// The database, for what has no copies; an error at once if it is known to be away, or its file is another one.
    pub fn storage(&self) -> Result<&'a Db, StorageError> {
        self.must_be_current()?;
        self.db.must_be_the_same().map(|()| self.db)
    }

    /// The account of that user name, of which there are no copies. What this look tells later must have been true when it was read.
    pub async fn account_by_username(
        &self,
        username: &Username,
    ) -> Result<Option<Account>, StorageError> {
        let ask = |db| users::account_by_username_numbered(db, username);
        self.loaded(self.ask(ask).await)
    }

    /// The account of that e-mail address, of which there are no copies.
    pub async fn account_by_email(
        &self,
        email: &EmailAddress,
    ) -> Result<Option<Account>, StorageError> {
        let ask = |db| users::account_by_email_numbered(db, email);
        self.loaded(self.ask(ask).await)
    }

    /// The personal access token with that digest, with its owner; neither needs to be active.
    pub async fn access_token(
        &self,
        digest: &SecretDigest,
    ) -> Result<Option<OwnedAccessToken>, StorageError> {
        if let Some(copies) = self.copies() {
            let copy = copies.access_token(digest);
            if let Some(found) = copies.asked.access_tokens.note(copy) {
                return Ok(Some(found));
            }
        }
        Box::pin(self.load_access_token(digest)).await
    }

    /// The deploy token with that digest, whatever its state.
    pub async fn deploy_token(
        &self,
        digest: &SecretDigest,
    ) -> Result<Option<Arc<DeployToken>>, StorageError> {
        if let Some(copies) = self.copies() {
            let copy = copies.deploy_token(digest);
            if let Some(found) = copies.asked.deploy_tokens.note(copy) {
                return Ok(Some(found));
            }
        }
        Box::pin(self.load_deploy_token(digest)).await
    }

    /// The refresh token with that digest, with its user; neither needs to be active. A copy that is not `good`, perhaps
    /// because another replica has noted a use since, is loaded anew.
    pub async fn refresh_token(
        &self,
        digest: &SecretDigest,
        good: impl Fn(&RefreshToken) -> bool,
    ) -> Result<Option<OwnedRefreshToken>, StorageError> {
        if let Some(copies) = self.copies() {
            let copy = copies.refresh_token(digest, self.lasting());
            let copy = copy.filter(|(token, _)| good(token));
            if let Some(found) = copies.asked.refresh_tokens.note(copy) {
                return Ok(Some(found));
            }
        }
        Box::pin(self.load_refresh_token(digest)).await
    }

    /// The namespaces that `repositories` may belong to, and the caller's memberships there at `now`.
    pub async fn rights<'r>(
        &self,
        principal: &Principal,
        repositories: &[&'r RepositoryName],
        now: DateTime<Utc>,
    ) -> Result<Rights<'r>, StorageError> {
        let Some(copies) = self.copies() else {
            return Box::pin(self.load_rights(principal, repositories, now)).await;
        };
        let mut rights = Rights::default();
        if repositories.is_empty() {
            return Ok(rights);
        }
        let (mut given, mut username) = (None, None);
        if let Principal::User(user) = principal {
            username = Some(&user.username);
            given = match copies.asked.roles.note(copies.roles.get(&user.id)) {
                Some(found) => found,
                None => Box::pin(self.load_roles(copies, user.id)).await?,
            };
            if given.is_none() {
                return Box::pin(self.load_rights(principal, repositories, now)).await;
            }
        }
        let given = given.as_ref().map_or(&[][..], |roles| roles);
        let mut note = |path: &'r str, found: FoundNamespace| {
            if let Some(level) = username.and_then(|name| ownership_at(path, name)) {
                rights.add_membership(path, level);
            }
            let Some((id, state)) = found else { return };
            rights.add_namespace(path, state);
            let role = given
                .binary_search_by_key(&id, |(namespace, _)| *namespace)
                .ok()
                .and_then(|at| given.get(at));
            if let Some((_, role)) = role
                && role.lasts_at(now)
            {
                rights.add_membership(path, role.level);
            }
        };
        let (mut hits, mut misses, mut missing) = (0, 0, BTreeSet::new());
        for path in RepositoryName::prefixes_of(repositories) {
            let copy = copies.namespace(path);
            if let Some(found) = copy {
                hits += 1;
                note(path, found);
            } else {
                misses += 1;
                missing.insert(path);
            }
        }
        copies.asked.namespaces.note_many(hits, misses);
        if !missing.is_empty() {
            let loaded = Box::pin(self.load_namespaces(copies, &missing)).await?;
            for (path, found) in &*loaded {
                if let Some(path) = missing.get(&**path) {
                    note(path, *found);
                }
            }
        }
        Ok(rights)
    }

    fn copies(&self) -> Option<&'a Copies> {
        match self.trust {
            Trust::Current(copies, _) | Trust::Stale(copies, _) => Some(copies),
            Trust::Away(_) | Trust::Nothing => None,
        }
    }

    /// The time at which the life of a copy must not have ended, if it has one; none while there is nothing better.
    fn lasting(&self) -> Option<BootTime> {
        (!self.is_stale()).then_some(self.begun)
    }

    /// True while storage is away, and there is nothing but old copies.
    pub fn is_stale(&self) -> bool {
        matches!(self.trust, Trust::Stale(..))
    }
}

#[cfg(test)]
#[path = "look_tests.rs"]
mod tests;
