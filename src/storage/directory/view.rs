//! One request's look at the directory.

mod ask;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::decision::principal::Principal;
use crate::domain::decision::rights::Rights;
use crate::domain::deploy_tokens::DeployToken;
use crate::domain::events::subject::Touched;
use crate::domain::ids::UserId;
use crate::domain::members::ownership;
use crate::domain::refresh_tokens::RefreshToken;
use crate::domain::registry::repository_name::RepositoryName;
use crate::domain::secret::SecretDigest;
use crate::domain::users::EmailAddress;
use crate::domain::users::username::Username;
use crate::storage::connect::Db;
use crate::storage::counter;
use crate::storage::directory::copies::Copies;
use crate::storage::directory::drops::Dropped;
use crate::storage::directory::facts::{
    FoundNamespace, FoundPaths, GivenRoles, OwnedAccessToken, OwnedRefreshToken,
};
use crate::storage::directory::follower::{Away, Follower};
use crate::storage::directory::one_moment::OneMoment;
use crate::storage::error::StorageError;
use crate::storage::users::{self, Account};
use crate::storage::{access_tokens, deploy_tokens, refresh_tokens, registry};

/// A look at the directory, for one request.
#[derive(Debug)]
pub struct View<'a> {
    db: &'a Db,
    trust: Trust<'a>,
    moment: OneMoment,
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

impl<'a> View<'a> {
    pub(super) fn new(db: &'a Db, trust: Trust<'a>) -> Self {
        let drops = match &trust {
            Trust::Current(copies, _) | Trust::Stale(copies, _) => Some(&copies.drops),
            Trust::Away(_) | Trust::Nothing => None,
        };
        Self {
            db,
            moment: OneMoment::begin(drops),
            trust,
        }
    }

    /// Makes sure that the copies are no older than a credential that was just read past them.
    pub async fn catch_up(&self) -> Result<(), StorageError> {
        match &self.trust {
            Trust::Current(copies, follower) => follower.follow(self.db, copies).await,
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

    /// The same by an e-mail address.
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
        let load = async {
            let ask = |db| access_tokens::find_by_digest_numbered(db, digest);
            let found = self.ask(ask).await?;
            Ok(found.map(|(token, owner)| (Arc::new(token), Arc::new(owner))))
        };
        let Some(copies) = self.copies() else {
            return load.await;
        };
        let copy = copies.access_token(digest);
        if let Some(found) = copies.asked.access_tokens.note(copy) {
            return Ok(Some(found));
        }
        let loaded = copies.loads.access_tokens.load(
            (digest, &copies.drops),
            load,
            |loaded, dropped| {
                loaded.as_ref().is_some_and(|(token, owner)| {
                    dropped.is(&Touched::AccessToken(token.id))
                        || dropped.is(&Touched::User(owner.id))
                })
            },
            |loaded| {
                if let Some(found) = loaded {
                    copies.keep_access_token(*digest, found);
                }
            },
        );
        self.loaded(loaded.await)
    }

    /// The deploy token with that digest, whatever its state.
    pub async fn deploy_token(
        &self,
        digest: &SecretDigest,
    ) -> Result<Option<Arc<DeployToken>>, StorageError> {
        let load = async {
            let ask = |db| deploy_tokens::find_by_digest_numbered(db, digest);
            let found = self.ask(ask).await?;
            Ok(found.map(Arc::new))
        };
        let Some(copies) = self.copies() else {
            return load.await;
        };
        let copy = copies.deploy_token(digest);
        if let Some(found) = copies.asked.deploy_tokens.note(copy) {
            return Ok(Some(found));
        }
        let loaded = copies.loads.deploy_tokens.load(
            (digest, &copies.drops),
            load,
            |loaded, dropped| {
                loaded
                    .as_ref()
                    .is_some_and(|token| dropped.is(&Touched::DeployToken(token.id)))
            },
            |loaded| {
                if let Some(found) = loaded {
                    copies.keep_deploy_token(*digest, found);
                }
            },
        );
        self.loaded(loaded.await)
    }

    /// The refresh token with that digest, with its user; neither needs to be active. A copy that is not `good`, perhaps
    /// because another replica has noted a use since, is loaded anew.
    pub async fn refresh_token(
        &self,
        digest: &SecretDigest,
        good: impl Fn(&RefreshToken) -> bool,
    ) -> Result<Option<OwnedRefreshToken>, StorageError> {
        let load = async {
            let ask = |db| refresh_tokens::find_by_digest_numbered(db, digest);
            let found = self.ask(ask).await?;
            Ok(found.map(|(token, owner)| (Arc::new(token), Arc::new(owner))))
        };
        let Some(copies) = self.copies() else {
            return load.await;
        };
        let copy = copies.refresh_token(digest, self.is_stale());
        let copy = copy.filter(|(token, _)| good(token));
        if let Some(found) = copies.asked.refresh_tokens.note(copy) {
            return Ok(Some(found));
        }
        let loaded = copies.loads.refresh_tokens.load(
            (digest, &copies.drops),
            load,
            |loaded, dropped| {
                *dropped == Dropped::RefreshToken(*digest)
                    || loaded
                        .as_ref()
                        .is_some_and(|(_, owner)| dropped.is(&Touched::User(owner.id)))
            },
            |loaded| {
                if let Some(found) = loaded {
                    copies.keep_refresh_token(*digest, found);
                }
            },
        );
        self.loaded(loaded.await)
    }

    /// The namespaces that `repositories` may belong to, and the caller's memberships there at `now`.
    pub async fn rights(
        &self,
        principal: &Principal,
        repositories: &[&RepositoryName],
        now: DateTime<Utc>,
    ) -> Result<Rights, StorageError> {
        let Some(copies) = self.copies() else {
            return self.loaded_rights(principal, repositories, now).await;
        };
        let mut rights = Rights::default();
        if repositories.is_empty() {
            return Ok(rights);
        }
        let mut given = None;
        if let Principal::User(user) = principal {
            let (path, level) = ownership(&user.username);
            rights.add_membership(path.as_str(), level);
            given = self.roles(copies, user.id).await?;
            if given.is_none() {
                return self.loaded_rights(principal, repositories, now).await;
            }
        }
        let given = given.as_ref().map_or(&[][..], |roles| roles);
        let mut note = |path: &str, found: FoundNamespace| {
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
        let mut missing = BTreeSet::new();
        for path in repositories.iter().flat_map(|name| name.prefixes()) {
            let copy = copies.namespace(path, self.is_stale());
            match copies.asked.namespaces.note(copy) {
                Some(found) => note(path, found),
                None => {
                    missing.insert(path);
                }
            }
        }
        if !missing.is_empty() {
            for (path, found) in &*self.namespaces(copies, missing).await? {
                note(path, *found);
            }
        }
        Ok(rights)
    }

    /// The rights, past the copies.
    async fn loaded_rights(
        &self,
        principal: &Principal,
        repositories: &[&RepositoryName],
        now: DateTime<Utc>,
    ) -> Result<Rights, StorageError> {
        let ask = |db| async move {
            let (mut least, mut newest) = (i64::MAX, i64::MIN);
            let note = |number: i64| {
                (least, newest) = (least.min(number), newest.max(number));
            };
            let rights = registry::load_noting(db, principal, repositories, now, note).await?;
            Ok(((rights, newest), least))
        };
        if repositories.is_empty() {
            return Ok(Rights::default());
        }
        let (rights, newest) = self.ask(ask).await?;
        // The caller may be known by copies, which are to be no older.
        self.reach(newest).await?;
        Ok(rights)
    }

    async fn namespaces(
        &self,
        copies: &Copies,
        paths: BTreeSet<&str>,
    ) -> Result<Arc<FoundPaths>, StorageError> {
        let paths: Vec<&str> = paths.into_iter().collect();
        let key = paths.join(" ");
        let loaded = copies.loads.namespaces.load(
            (key.as_str(), &copies.drops),
            async {
                let found = self.ask(|db| registry::at_paths(db, &paths)).await?;
                Ok(Arc::new(found))
            },
            |loaded, dropped| {
                let Dropped::Touched(Touched::Namespace(at)) = dropped else {
                    return false;
                };
                loaded.iter().any(|(path, _)| **path == *at.as_str())
            },
            |loaded| {
                for (path, found) in &**loaded {
                    copies.keep_namespace(path, *found);
                }
            },
        );
        self.loaded(loaded.await)
    }

    async fn roles(
        &self,
        copies: &Copies,
        user: UserId,
    ) -> Result<Option<Arc<GivenRoles>>, StorageError> {
        if let Some(found) = copies.asked.roles.note(copies.roles.get(&user)) {
            return Ok(found);
        }
        let loaded = copies.loads.roles.load(
            (&user, &copies.drops),
            async {
                let found = self.ask(|db| registry::roles_of(db, user)).await?;
                Ok(found.map(Arc::new))
            },
            |_, dropped| dropped.is(&Touched::Memberships(user)),
            |loaded| copies.keep_roles(user, loaded.clone()),
        );
        self.loaded(loaded.await)
    }

    fn copies(&self) -> Option<&'a Copies> {
        match self.trust {
            Trust::Current(copies, _) | Trust::Stale(copies, _) => Some(copies),
            Trust::Away(_) | Trust::Nothing => None,
        }
    }

    /// True while storage is away, and there is nothing but old copies.
    pub fn is_stale(&self) -> bool {
        matches!(self.trust, Trust::Stale(..))
    }
}

#[cfg(test)]
#[path = "view_tests.rs"]
mod tests;
