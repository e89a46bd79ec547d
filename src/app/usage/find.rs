//! Finding usage: one's own, that of a group or project for its Maintainers, and all as an administrator.

use std::collections::BTreeMap;

use crate::app::access_tokens::find::access_token_for;
use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::namespaces::find::namespace_for;
use crate::domain::authority::Authority;
use crate::domain::ids::{AccessTokenId, NamespaceId, RepositoryId};
use crate::domain::namespaces::NamespaceKind;
use crate::domain::namespaces::reference::NamespaceReference;
use crate::domain::page::{Listing, Paging};
use crate::domain::usage::CredentialKind;
use crate::domain::usage::filter::{UsageFilter, UsageGrouping, UsageKey, UsagePlace, UsageSum};
use crate::storage::usage::sums;
use crate::storage::{namespaces, repositories};

/// A question about usage.
#[derive(Debug, Clone)]
pub struct UsageQuestion {
    /// The group with everything below it, or the project, to which the repositories belong.
    pub place: Option<NamespaceReference>,
    /// The other conditions; its place is left out.
    pub filter: UsageFilter,
    /// The thing for each of which usage is added up.
    pub grouping: UsageGrouping,
}

impl Desk {
    /// A part of the usage, added up for each thing.
    ///
    /// Without a place, people who are no administrators see what they used themselves.
    #[tracing::instrument(name = "app.usage_page", skip_all)]
    pub async fn usage_page(
        &self,
        authority: &Authority,
        question: UsageQuestion,
        paging: Paging,
    ) -> Result<Listing<UsageSum>, DeskError> {
        let UsageQuestion {
            place,
            filter,
            grouping,
        } = question;
        let filter = match place {
            Some(name) => self.usage_in(authority, &name, filter).await?,
            None => self.own_usage(authority, filter).await?,
        };
        let found = sums::page(&self.db, &filter, grouping, paging).await?;
        self.with_names(found).await
    }

    /// The filter with a place that the caller may look at.
    async fn usage_in(
        &self,
        authority: &Authority,
        name: &NamespaceReference,
        filter: UsageFilter,
    ) -> Result<UsageFilter, DeskError> {
        let standing = namespace_for(&self.db, authority, name, self.now()).await?;
        authority.read_usage(&standing)?;
        let namespace = standing.namespace;
        // A group or project that was made anew has the same id and path: its past belongs to others.
        let since = (!authority.is_administrator()).then_some(namespace.created_at);
        Ok(UsageFilter {
            place: Some(match namespace.kind {
                NamespaceKind::Project => UsagePlace::Project(namespace.id),
                NamespaceKind::Group | NamespaceKind::User => UsagePlace::Below(namespace.path),
            }),
            since,
            ..filter
        })
    }

    /// The filter for what the caller used, or anybody as an administrator.
    async fn own_usage(
        &self,
        authority: &Authority,
        mut filter: UsageFilter,
    ) -> Result<UsageFilter, DeskError> {
        // Usage outlasts tokens and users, so there is nothing to look them up in.
        if authority.is_administrator() {
            return Ok(filter);
        }
        match filter.credential {
            Some((CredentialKind::AccessToken, id)) => {
                access_token_for(&self.db, authority, AccessTokenId(id)).await?;
            }
            Some(_) => authority.require_administrator()?,
            None => {}
        }
        filter.user = self.visible_owner(authority, filter.user).await?;
        Ok(filter)
    }

    /// The usage with the names of repositories, groups and projects.
    async fn with_names(&self, found: Listing<UsageSum>) -> Result<Listing<UsageSum>, DeskError> {
        let keys = || found.items.iter().map(|sum| sum.key);
        let used: Vec<RepositoryId> = keys()
            .filter_map(|key| match key {
                UsageKey::Repository(id) => id,
                UsageKey::Day(_) | UsageKey::Credential(..) | UsageKey::Namespace(_) => None,
            })
            .collect();
        let places: Vec<NamespaceId> = keys()
            .filter_map(|key| match key {
                UsageKey::Namespace(id) => id,
                UsageKey::Day(_) | UsageKey::Credential(..) | UsageKey::Repository(_) => None,
            })
            .collect();
        let mut names = BTreeMap::new();
        if !used.is_empty() {
            names = repositories::names(&self.db, used).await?;
        }
        let mut paths = BTreeMap::new();
        if !places.is_empty() {
            paths = namespaces::lists::paths(&self.db, places).await?;
        }
        Ok(found.map(|sum| {
            let name = match sum.key {
                UsageKey::Repository(Some(id)) => names.get(&id),
                UsageKey::Namespace(Some(id)) => paths.get(&id),
                _ => None,
            };
            UsageSum {
                name: name.cloned(),
                ..sum
            }
        }))
    }
}
