//! Making a group or a project.

use super::desk::Desk;
use super::error::ChangeError;
use crate::domain::audit::{AuditAction, AuditEvent};
use crate::domain::authority::Authority;
use crate::domain::namespace::{Namespace, NamespaceKind, Occupied};
use crate::domain::namespace_path::NamespacePath;
use crate::domain::visibility::Visibility;
use crate::storage::namespaces::{self, NewNamespace};

/// What one chooses for a group or project.
#[derive(Debug, Clone)]
pub struct NewPlace {
    /// Where.
    pub path: NamespacePath,
    /// Who may see it without being a member.
    pub visibility: Visibility,
}

impl Desk {
    /// Makes a group, at the top or below another group.
    #[tracing::instrument(name = "app.create_group", skip_all)]
    pub async fn create_group(
        &self,
        authority: &Authority,
        new: NewPlace,
    ) -> Result<Namespace, ChangeError> {
        self.create_namespace(authority, NamespaceKind::Group, new)
            .await
    }

    /// Makes a project, below a group or in a user's own namespace.
    #[tracing::instrument(name = "app.create_project", skip_all)]
    pub async fn create_project(
        &self,
        authority: &Authority,
        new: NewPlace,
    ) -> Result<Namespace, ChangeError> {
        self.create_namespace(authority, NamespaceKind::Project, new)
            .await
    }

    /// A tombstone's place may be taken again: whoever works on the whole instance may do that.
    async fn create_namespace(
        &self,
        authority: &Authority,
        kind: NamespaceKind,
        new: NewPlace,
    ) -> Result<Namespace, ChangeError> {
        let grant = authority.administer()?;
        let change = self.begin().await?;
        if let Some(Occupied::Live(there)) = namespaces::occupant(&change, &new.path).await? {
            let by = match there.kind {
                NamespaceKind::Group => "it is a group",
                NamespaceKind::Project => "it is a project",
                NamespaceKind::User => "it is a user's own namespace",
            };
            return Err(ChangeError::Taken {
                name: new.path.to_string(),
                by,
            });
        }
        let parent = match new.path.parent() {
            None => None,
            Some(path) => {
                let parent = namespaces::find_live(&change, &path).await?;
                Some(parent.ok_or_else(|| missing_parent(&path))?)
            }
        };
        check_parent(kind, &new.path, parent.as_ref())?;
        let row = NewNamespace {
            kind,
            path: new.path,
            visibility: new.visibility,
            parent: parent.map(|parent| parent.id),
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

fn missing_parent(path: &NamespacePath) -> ChangeError {
    ChangeError::refused(format!(
        "there is no group `{path}` to put it in; make that first"
    ))
}

/// Groups are below groups; projects below groups and in users' own namespaces; below a project is nothing.
fn check_parent(
    kind: NamespaceKind,
    path: &NamespacePath,
    parent: Option<&Namespace>,
) -> Result<(), ChangeError> {
    match (kind, parent.map(|parent| parent.kind)) {
        (NamespaceKind::Project, None) => Err(ChangeError::refused(format!(
            "a project is below a group or a user's own namespace: write GROUP/{path}"
        ))),
        (_, Some(NamespaceKind::Project)) => Err(ChangeError::refused(
            "a project has no groups or projects below it; its repositories need none",
        )),
        (NamespaceKind::Group, Some(NamespaceKind::User)) => Err(ChangeError::refused(
            "a user's own namespace has projects only, no groups",
        )),
        _ => Ok(()),
    }
}
