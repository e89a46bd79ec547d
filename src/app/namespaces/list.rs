//! Lists of groups and projects.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::users::find::user_for;
use crate::domain::authority::Authority;
use crate::domain::ids::NamespaceId;
use crate::domain::members::access_level::AccessLevel;
use crate::domain::namespaces::filter::{NamespaceFilter, Within};
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::namespaces::reference::{ExpectedNamespace, NamespaceReference};
use crate::domain::namespaces::{Namespace, NamespaceKind, NamespaceWithAncestors};
use crate::domain::page::{Listing, MAX_PAGE_SIZE, PageRequest, Paging};
use crate::domain::users::reference::UserReference;
use crate::storage::namespaces::lists;
use crate::storage::{Source, members, namespaces};

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
    /// The first projects directly in a group, as many as a page has, that the caller may see.
    pub async fn first_projects(
        &self,
        authority: &Authority,
        group: NamespaceId,
    ) -> Result<Vec<NamespaceWithAncestors>, DeskError> {
        let group = NamespaceReference::of_id(ExpectedNamespace::Group, group);
        let root = ListRoot::In(group);
        let filter = NamespaceFilter::all(NamespaceKind::Project);
        let first = Paging::Offset(PageRequest {
            number: 1,
            size: MAX_PAGE_SIZE,
        });
        let found = self
            .namespaces_page(authority, &root, filter, first)
            .await?;
        Ok(found.items)
    }

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
        let Listing { items, place } =
            lists::page(&self.db, authority, &filter, self.now(), paging).await?;
        let items = with_ancestors(&self.db, (authority, self.now()), items).await?;
        Ok(Listing { items, place })
    }

    /// The first `size` groups or projects, by path, or the first after a path; administrators only.
    pub async fn namespaces(
        &self,
        authority: &Authority,
        kind: NamespaceKind,
        after: Option<&NamespacePath>,
        size: u64,
    ) -> Result<Vec<NamespaceWithAncestors>, DeskError> {
        authority.require_administrator()?;
        let some = namespaces::by_path(&self.db, kind, after, size).await?;
        with_ancestors(&self.db, (authority, self.now()), some).await
    }
}

/// The namespaces, each with all that it lies in. Of what the caller may not see, only the path is told,
/// which is in the paths below it.
pub(in crate::app) async fn with_ancestors(
    source: &impl Source,
    (authority, now): (&Authority, DateTime<Utc>),
    namespaces: Vec<Namespace>,
) -> Result<Vec<NamespaceWithAncestors>, DeskError> {
    let mut located = Vec::with_capacity(namespaces.len());
    for some in namespaces.chunks(AT_A_TIME) {
        let above = namespaces::above(source, some).await?;
        let seen = seen_among(source, authority, &above, now).await?;
        let above: BTreeMap<NamespacePath, Namespace> = above
            .into_iter()
            .map(|namespace| {
                if seen.contains(&namespace.id) {
                    namespace
                } else {
                    namespace.without_texts()
                }
            })
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
    source: &impl Source,
    (authority, now): (&Authority, DateTime<Utc>),
    namespace: Namespace,
) -> Result<NamespaceWithAncestors, DeskError> {
    let alone = NamespaceWithAncestors {
        namespace: namespace.clone(),
        ancestors: Vec::new(),
    };
    let located = with_ancestors(source, (authority, now), vec![namespace]).await?;
    Ok(located.into_iter().next().unwrap_or(alone))
}

/// Those of the namespaces that the caller may see. All that they lie in must be among them.
pub(in crate::app) async fn seen_among(
    source: &impl Source,
    authority: &Authority,
    namespaces: &[Namespace],
    now: DateTime<Utc>,
) -> Result<BTreeSet<NamespaceId>, DeskError> {
    let held = match authority.user() {
        Some(user) if !authority.is_administrator() => {
            members::held_in(source, user, namespaces, now).await?
        }
        _ => Vec::new(),
    };
    let held: BTreeMap<NamespaceId, AccessLevel> = held
        .into_iter()
        .map(|(id, role)| (id, role.level))
        .collect();
    let given = namespaces
        .iter()
        .filter_map(|namespace| Some((namespace.path.clone(), *held.get(&namespace.id)?)));
    let roles: BTreeMap<NamespacePath, AccessLevel> = given.chain(authority.ownership()).collect();
    let is_seen = |namespace: &&Namespace| {
        let paths = namespace.path.and_ancestors();
        let role = paths.filter_map(|path| roles.get(&path).copied()).max();
        authority.sees(namespace, role)
    };
    let seen = namespaces.iter().filter(is_seen);
    Ok(seen.map(|namespace| namespace.id).collect())
}
