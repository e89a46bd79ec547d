//! Loading what has no copy, once for all who wait for the same.
//!
//! A way of its own, which callers put in a box: the way of a request that copies answer stays small, and needs no room for
//! what it does not do.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::decision::principal::Principal;
use crate::domain::decision::rights::Rights;
use crate::domain::deploy_tokens::DeployToken;
use crate::domain::events::subject::Touched;
use crate::domain::ids::UserId;
use crate::domain::registry::repository_name::RepositoryName;
use crate::domain::secret::SecretDigest;
use crate::storage::directory::copies::Copies;
use crate::storage::directory::drops::Dropped;
use crate::storage::directory::facts::{
    FoundPaths, GivenRoles, OwnedAccessToken, OwnedRefreshToken,
};
use crate::storage::directory::look::Look;
use crate::storage::error::StorageError;
use crate::storage::{access_tokens, deploy_tokens, refresh_tokens, rights};

impl Look<'_> {
    pub(super) async fn load_access_token(
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

    pub(super) async fn load_deploy_token(
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

    pub(super) async fn load_refresh_token(
        &self,
        digest: &SecretDigest,
    ) -> Result<Option<OwnedRefreshToken>, StorageError> {
        let load = async {
            let ask = |db| refresh_tokens::find_by_digest_numbered(db, digest);
            let found = self.ask(ask).await?;
            Ok(found.map(|(token, owner)| (Arc::new(token), Arc::new(owner))))
        };
        let Some(copies) = self.copies() else {
            return load.await;
        };
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

    /// The rights, past the copies.
    pub(super) async fn load_rights<'r>(
        &self,
        principal: &Principal,
        repositories: &[&'r RepositoryName],
        now: DateTime<Utc>,
    ) -> Result<Rights<'r>, StorageError> {
        let ask = |db| async move {
            let (mut least, mut newest) = (i64::MAX, i64::MIN);
            let note = |number: i64| {
                (least, newest) = (least.min(number), newest.max(number));
            };
            let rights = rights::load_noting(db, principal, repositories, now, note).await?;
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

    pub(super) async fn load_namespaces(
        &self,
        copies: &Copies,
        paths: &BTreeSet<&str>,
    ) -> Result<Arc<FoundPaths>, StorageError> {
        let paths: Vec<&str> = paths.iter().copied().collect();
        let key = paths.join(" ");
        let loaded = copies.loads.namespaces.load(
            (key.as_str(), &copies.drops),
            async {
                let found = self.ask(|db| rights::at_paths(db, &paths)).await?;
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

    pub(super) async fn load_roles(
        &self,
        copies: &Copies,
        user: UserId,
    ) -> Result<Option<Arc<GivenRoles>>, StorageError> {
        let loaded = copies.loads.roles.load(
            (&user, &copies.drops),
            async {
                let found = self.ask(|db| rights::roles_of(db, user)).await?;
                Ok(found.map(Arc::new))
            },
            |_, dropped| dropped.is(&Touched::Memberships(user)),
            |loaded| copies.keep_roles(user, loaded.clone()),
        );
        self.loaded(loaded.await)
    }
}
