//! Changing what was chosen for a group or project.

use crate::app::desk::Desk;
use crate::app::error::ChangeError;
use crate::app::namespaces::find::namespace_for;
use crate::domain::authority::Authority;
use crate::domain::events::{AuditAction, AuditEvent};
use crate::domain::namespaces::reference::NamespaceReference;
use crate::domain::namespaces::visibility::Visibility;
use crate::domain::namespaces::{Namespace, NamespaceDescription};
use crate::domain::text::DisplayName;
use crate::storage::namespaces;

/// What is to be changed of a group or project; what is left out stays. Its path never changes:
/// images are kept under it.
#[derive(Debug, Clone, Default)]
pub struct NamespaceChange {
    /// The last part of the path; only the one that the namespace has is accepted.
    pub path: Option<String>,
    /// Another name for people.
    pub name: Option<DisplayName>,
    /// Another description, or none.
    pub description: Option<Option<NamespaceDescription>>,
    /// Who may see it without being a member.
    pub visibility: Option<Visibility>,
}

impl NamespaceChange {
    /// Only shows it to others than before.
    pub fn to_visibility(visibility: Visibility) -> Self {
        Self {
            visibility: Some(visibility),
            ..Self::default()
        }
    }
}

impl Desk {
    /// Renames or describes a group or project, or shows it to others than before.
    #[tracing::instrument(name = "app.change_namespace", skip_all)]
    pub async fn change_namespace(
        &self,
        authority: &Authority,
        name: &NamespaceReference,
        wanted: NamespaceChange,
    ) -> Result<Namespace, ChangeError> {
        let change = self.begin().await?;
        let standing = namespace_for(&change, authority, name, change.now()).await?;
        let mut grant = authority.describe(&standing)?;
        let was = standing.namespace.clone();
        if let Some(path) = wanted.path
            && !path.eq_ignore_ascii_case(was.path.name())
        {
            return Err(ChangeError::Invalid {
                field: "path",
                problem: "does not change: images are kept under it".to_owned(),
            });
        }
        let to = Namespace {
            name: wanted.name.map_or_else(|| was.name.clone(), String::from),
            description: wanted.description.map_or_else(
                || was.description.clone(),
                |description| description.map(String::from),
            ),
            visibility: wanted.visibility.unwrap_or(was.visibility),
            ..was.clone()
        };
        let mut event = AuditEvent::new(AuditAction::NamespaceChanged, &was.path);
        if to.visibility != was.visibility {
            grant = authority.change_visibility(&standing)?;
            event = AuditEvent::new(AuditAction::VisibilityChanged, &was.path)
                .with_detail(format!("from {} to {}", was.visibility, to.visibility));
        }
        if to != was {
            namespaces::save(&change, &to).await?;
            change.commit(&grant, event).await?;
        }
        Ok(to)
    }
}
