//! Making a group or a project.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::namespaces::find::{if_seen, standing};
use crate::app::namespaces::list::with_ancestors_of;
use crate::domain::authority::Authority;
use crate::domain::authority::namespaces::Standing;
use crate::domain::events::detail::Detail;
use crate::domain::events::{Event, EventAction};
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::namespaces::reference::NamespaceReference;
use crate::domain::namespaces::visibility::Visibility;
use crate::domain::namespaces::{
    Namespace, NamespaceDescription, NamespaceKind, NamespaceWithAncestors, Occupied,
};
use crate::domain::text::DisplayName;
use crate::storage::namespaces::NamespaceRecord;
use crate::storage::{Change, GrantedEvent, namespaces};

/// A group or project that is to be made.
#[derive(Debug, Clone)]
pub struct NewNamespace {
    /// The path, as far as it is known before the parent is looked up.
    pub path: NewPath,
    /// The name that people read; without one, the last part of the path.
    pub name: Option<DisplayName>,
    /// The description, if it has one.
    pub description: Option<NamespaceDescription>,
    /// The visibility.
    pub visibility: Visibility,
}

/// The path of a namespace that is to be made.
#[derive(Debug, Clone)]
pub enum NewPath {
    /// The whole of it.
    Whole(NamespacePath),
    /// The last part of it, at the top.
    Top(String),
    /// The last part of it, in that namespace.
    In(NamespaceReference, String),
}

impl From<NamespacePath> for NewPath {
    fn from(path: NamespacePath) -> Self {
        Self::Whole(path)
    }
}

impl NewNamespace {
    /// A namespace that is called by its path and has no description.
    pub fn at(path: NamespacePath, visibility: Visibility) -> Self {
        Self {
            path: path.into(),
            name: None,
            description: None,
            visibility,
        }
    }
}

impl Desk {
    /// Makes a group, at the top or below another group.
    #[tracing::instrument(name = "app.create_group", skip_all)]
    pub async fn create_group(
        &self,
        authority: &Authority,
        new: NewNamespace,
    ) -> Result<NamespaceWithAncestors, DeskError> {
        self.create_namespace(authority, NamespaceKind::Group, new)
            .await
    }

    /// Makes a project, below a group or in a user's own namespace.
    #[tracing::instrument(name = "app.create_project", skip_all)]
    pub async fn create_project(
        &self,
        authority: &Authority,
        new: NewNamespace,
    ) -> Result<NamespaceWithAncestors, DeskError> {
        self.create_namespace(authority, NamespaceKind::Project, new)
            .await
    }

    async fn create_namespace(
        &self,
        authority: &Authority,
        kind: NamespaceKind,
        new: NewNamespace,
    ) -> Result<NamespaceWithAncestors, DeskError> {
        let change = self.begin(authority).await?;
        let (made, event) = create(&change, kind, new).await?;
        let rights = (change.authority(), change.now());
        let located = with_ancestors_of(&change, rights, made).await?;
        change.commit([event]).await?;
        Ok(located)
    }
}

/// Makes a group or project.
pub(in crate::app) async fn create(
    change: &Change,
    kind: NamespaceKind,
    new: NewNamespace,
) -> Result<(Namespace, GrantedEvent), DeskError> {
    let (parent, path) = located(change, new.path).await?;
    check_kind(kind, &path, parent.as_ref())?;
    let grant = change.grant(|authority| match (kind, &parent) {
        (NamespaceKind::Project, Some(parent)) => authority.create_project(parent, new.visibility),
        (_, parent) => authority.create_group(parent.as_ref()),
    })?;
    check_free(change, kind, &path).await?;
    let record = NamespaceRecord {
        kind,
        path,
        visibility: new.visibility,
        parent: parent.map(|parent| parent.namespace.id),
        name: new.name.map(String::from),
        description: new.description.map(String::from),
    };
    let made = namespaces::insert(change, record).await?;
    let action = match kind {
        NamespaceKind::Project => EventAction::ProjectCreated,
        NamespaceKind::Group | NamespaceKind::User => EventAction::GroupCreated,
    };
    let visibility = made.visibility;
    let event = Event::new(action, &made, Detail::NamespaceCreated { visibility });
    Ok((made, grant.event(event)))
}

/// The parent of a new namespace, unless it is at the top, and its whole path.
async fn located(
    change: &Change,
    new: NewPath,
) -> Result<(Option<Standing>, NamespacePath), DeskError> {
    let (parent, path) = match new {
        NewPath::Whole(path) => {
            let parent = match path.parent() {
                None => None,
                Some(path) => Some(parent_at(change, &path).await?),
            };
            return Ok((parent, path));
        }
        NewPath::Top(name) => (None, NamespacePath::top(&name)),
        NewPath::In(parent, name) => {
            let parent = standing(change, &parent).await?;
            let path = parent.namespace.path.child(&name);
            (Some(parent), path)
        }
    };
    let path = path.map_err(|_| DeskError::Invalid {
        field: "path",
        problem:
            "can contain only letters, digits and separators (`.`, `_`, `__`, `-`) between them, \
                  in at most 20 parts and 255 characters with all that is above"
                .to_owned(),
    })?;
    Ok((parent, path))
}

/// The namespace at `path`, if the caller may see it.
async fn parent_at(change: &Change, path: &NamespacePath) -> Result<Standing, DeskError> {
    let found = namespaces::find_live(change, path).await?;
    let seen = if_seen(change, change.authority(), found, change.now()).await?;
    seen.ok_or_else(|| {
        DeskError::refused(format!(
            "there is no group `{path}` to put it in; make that first"
        ))
    })
}

/// Refuses a parent that cannot hold it: groups lie in groups; projects in groups and in users' own
/// namespaces; nothing lies in a project.
fn check_kind(
    kind: NamespaceKind,
    path: &NamespacePath,
    parent: Option<&Standing>,
) -> Result<(), DeskError> {
    match (kind, parent.map(|parent| parent.namespace.kind)) {
        (_, Some(NamespaceKind::Project)) => Err(DeskError::refused(
            "a project has no groups or projects below it; its repositories need none",
        )),
        (NamespaceKind::Group, Some(NamespaceKind::User)) => Err(DeskError::refused(
            "a user's own namespace has projects only, no groups",
        )),
        (NamespaceKind::Project, None) => Err(DeskError::refused(format!(
            "a project is below a group or a user's own namespace: write GROUP/{path}"
        ))),
        _ => Ok(()),
    }
}

/// Refuses a path that is taken. Administrators may take a tombstone's path; nobody else, because the
/// images of the deleted namespace are still there. But no project takes a group's: nothing lies below a project, so what lay below
/// the group could never be made anew.
async fn check_free(
    change: &Change,
    kind: NamespaceKind,
    path: &NamespacePath,
) -> Result<(), DeskError> {
    let by = match namespaces::occupant(change, path).await? {
        None => return Ok(()),
        Some(Occupied::Tombstone(was)) if change.authority().is_administrator() => {
            return match (was, kind) {
                (NamespaceKind::Group, NamespaceKind::Project) => Err(DeskError::refused(format!(
                    "`{path}` was a group that was deleted; make the group again, because a project there would close for ever \
                     what was below it"
                ))),
                _ => Ok(()),
            };
        }
        Some(Occupied::Tombstone(_)) => {
            "what was deleted there keeps its name; ask an administrator"
        }
        Some(Occupied::Live(there)) => match there.kind {
            NamespaceKind::Group => "it is a group",
            NamespaceKind::Project => "it is a project",
            NamespaceKind::User => "it is a user's own namespace",
        },
    };
    Err(DeskError::PathTaken {
        path: path.to_string(),
        by,
    })
}
