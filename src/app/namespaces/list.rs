//! Lists of groups and projects.

use std::collections::BTreeMap;

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::users::find::user_for;
use crate::domain::authority::Authority;
use crate::domain::namespaces::filter::{NamespaceFilter, Within};
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::namespaces::reference::NamespaceReference;
use crate::domain::namespaces::{Namespace, NamespaceKind, NamespaceWithAncestors};
use crate::domain::page::{Listing, Paging};
use crate::domain::users::reference::UserReference;
use crate::storage::namespaces;
use crate::storage::namespaces::lists;

/// The most namespaces that are looked up at a time: 20 levels of each are fewer names than any database takes.
const AT_A_TIME: usize = 500;

/// The namespaces among which a list looks.
#[derive(Debug, Clone)]
pub enum ListRoot {
    /// All namespaces.
    Everything,
    /// Those directly in a group.
    In(NamespaceReference),
    /// Those anywhere below a group.
    Below(NamespaceReference),
    /// Those in a user's own namespace, which the caller need not see.
    OfUser(UserReference),
}

impl Desk {
    /// A part of the groups or projects that the caller may see.
    pub async fn namespaces_page(
        &self,
        authority: &Authority,
        root: &ListRoot,
        mut filter: NamespaceFilter,
        paging: Paging,
    ) -> Result<Listing<NamespaceWithAncestors>, DeskError> {
        filter.within = match root {
            ListRoot::Everything => None,
            ListRoot::In(group) => {
                let group = self.namespace(authority, group).await?.namespace;
                Some(Within::Children(group.id))
            }
            ListRoot::Below(group) => {
                let group = self.namespace(authority, group).await?.namespace;
                Some(Within::Below(group.path))
            }
            ListRoot::OfUser(user) => {
                let user = user_for(&self.db, user).await?;
                Some(Within::Below(user.username.namespace()))
            }
        };
        let found = lists::page(&self.db, authority, &filter, self.now(), paging).await?;
        let mut located = self
            .with_ancestors(found.items().to_vec())
            .await?
            .into_iter();
        Ok(found.filter_map(|_| located.next()))
    }

    /// All groups or projects, by path; administrators only.
    pub async fn namespaces(
        &self,
        authority: &Authority,
        kind: NamespaceKind,
    ) -> Result<Vec<NamespaceWithAncestors>, DeskError> {
        authority.require_administrator()?;
        self.with_ancestors(namespaces::all(&self.db, kind).await?)
            .await
    }

    /// The namespaces, each with all that it lies in.
    pub(in crate::app) async fn with_ancestors(
        &self,
        namespaces: Vec<Namespace>,
    ) -> Result<Vec<NamespaceWithAncestors>, DeskError> {
        let mut located = Vec::with_capacity(namespaces.len());
        for some in namespaces.chunks(AT_A_TIME) {
            let above: BTreeMap<NamespacePath, Namespace> = namespaces::above(&self.db, some)
                .await?
                .into_iter()
                .map(|namespace| (namespace.path.clone(), namespace))
                .collect();
            located.extend(some.iter().map(|namespace| {
                let paths = namespace.path.and_ancestors().skip(1);
                NamespaceWithAncestors {
                    namespace: namespace.clone(),
                    ancestors: paths.filter_map(|path| above.get(&path).cloned()).collect(),
                }
            }));
        }
        Ok(located)
    }

    /// One namespace with all that it lies in.
    pub(in crate::app) async fn with_ancestors_of(
        &self,
        namespace: Namespace,
    ) -> Result<NamespaceWithAncestors, DeskError> {
        let above = namespaces::and_ancestors(&self.db, &namespace).await?;
        let above = above.into_iter().filter(|other| other.id != namespace.id);
        Ok(NamespaceWithAncestors {
            ancestors: above.collect(),
            namespace,
        })
    }
}
