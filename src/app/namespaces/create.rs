//! Making a group or a project.

use crate::app::desk::Desk;
use crate::app::error::ChangeError;
use crate::app::namespaces::find::role_in;
use crate::domain::authority::Authority;
use crate::domain::authority::namespaces::Standing;
use crate::domain::events::{AuditAction, AuditEvent, Grant};
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::namespaces::visibility::Visibility;
use crate::domain::namespaces::{Namespace, NamespaceDescription, NamespaceKind, Occupied};
use crate::domain::text::DisplayName;
use crate::storage::namespaces::NamespaceRecord;
use crate::storage::{Change, Source, namespaces};

/// What one chooses for a group or project.
#[derive(Debug, Clone)]
pub struct NewNamespace {
    /// Where.
    pub path: NamespacePath,
    /// The name people read; the last part of the path if there is none.
    pub name: Option<DisplayName>,
    /// What it is for.
    pub description: Option<NamespaceDescription>,
    /// Who may see it without being a member.
    pub visibility: Visibility,
}

impl NewNamespace {
    /// A namespace that is called by its path and has no description.
    pub fn at(path: NamespacePath, visibility: Visibility) -> Self {
        Self {
            path,
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
    ) -> Result<Namespace, ChangeError> {
        self.create_namespace(authority, NamespaceKind::Group, new)
            .await
    }

    /// Makes a project, below a group or in a user's own namespace.
    #[tracing::instrument(name = "app.create_project", skip_all)]
    pub async fn create_project(
        &self,
        authority: &Authority,
        new: NewNamespace,
    ) -> Result<Namespace, ChangeError> {
        self.create_namespace(authority, NamespaceKind::Project, new)
            .await
    }

    async fn create_namespace(
        &self,
        authority: &Authority,
        kind: NamespaceKind,
        new: NewNamespace,
    ) -> Result<Namespace, ChangeError> {
        let change = self.begin().await?;
        let parent = match new.path.parent() {
            None => None,
            Some(path) => Some(parent_at(&change, authority, &path).await?),
        };
        let grant = may_create(authority, kind, &new, parent.as_ref())?;
        check_free(&change, authority, &new.path).await?;
        let row = NamespaceRecord {
            kind,
            path: new.path,
            visibility: new.visibility,
            parent: parent.map(|parent| parent.namespace.id),
            name: new.name.map(String::from),
            description: new.description.map(String::from),
        };
        let made = namespaces::insert(&change, row).await?;
        let action = match kind {
            NamespaceKind::Project => AuditAction::ProjectCreated,
            NamespaceKind::Group | NamespaceKind::User => AuditAction::GroupCreated,
        };
        let event = AuditEvent::new(action, &made.path).with_detail(made.visibility.name());
        change.commit(&grant, event).await?;
        Ok(made)
    }
}

/// What lives at `path`, if the caller may see it.
async fn parent_at(
    change: &Change,
    authority: &Authority,
    path: &NamespacePath,
) -> Result<Standing, ChangeError> {
    if let Some(namespace) = namespaces::find_live(change, path).await? {
        let role = role_in(change, authority, &namespace, change.now()).await?;
        if authority.sees(&namespace, role) {
            return Ok(Standing { namespace, role });
        }
    }
    Err(ChangeError::refused(format!(
        "there is no group `{path}` to put it in; make that first"
    )))
}

/// Groups are below groups; projects below groups and in users' own namespaces; below a project is nothing.
fn may_create(
    authority: &Authority,
    kind: NamespaceKind,
    new: &NewNamespace,
    parent: Option<&Standing>,
) -> Result<Grant, ChangeError> {
    match (kind, parent.map(|parent| parent.namespace.kind), parent) {
        (_, Some(NamespaceKind::Project), _) => Err(ChangeError::refused(
            "a project has no groups or projects below it; its repositories need none",
        )),
        (NamespaceKind::Group, Some(NamespaceKind::User), _) => Err(ChangeError::refused(
            "a user's own namespace has projects only, no groups",
        )),
        (NamespaceKind::Project, _, None) => Err(ChangeError::refused(format!(
            "a project is below a group or a user's own namespace: write GROUP/{}",
            new.path
        ))),
        (NamespaceKind::Project, _, Some(parent)) => {
            Ok(authority.create_project(parent, new.visibility)?)
        }
        (NamespaceKind::Group | NamespaceKind::User, _, parent) => {
            Ok(authority.create_group(parent)?)
        }
    }
}

/// A tombstone's namespace may be taken again, but only by whoever works on the whole instance: the
/// images of what was deleted are still there.
async fn check_free(
    source: &impl Source,
    authority: &Authority,
    path: &NamespacePath,
) -> Result<(), ChangeError> {
    let by = match namespaces::occupant(source, path).await? {
        None => return Ok(()),
        Some(Occupied::Tombstone(_)) if authority.is_administrator() => return Ok(()),
        Some(Occupied::Tombstone(_)) => {
            "what was deleted there keeps its name; ask an administrator"
        }
        Some(Occupied::Live(there)) => match there.kind {
            NamespaceKind::Group => "it is a group",
            NamespaceKind::Project => "it is a project",
            NamespaceKind::User => "it is a user's own namespace",
        },
    };
    Err(ChangeError::PathTaken {
        path: path.to_string(),
        by,
    })
}
