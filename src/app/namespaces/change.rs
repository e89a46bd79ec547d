//! Changing what was chosen for a group or project.

use crate::app::desk::Desk;
use crate::app::error::ChangeError;
use crate::app::namespaces::find::namespace_for;
use crate::domain::authority::Authority;
use crate::domain::events::{AuditAction, AuditEvent};
use crate::domain::line::is_line;
use crate::domain::namespaces::Namespace;
use crate::domain::namespaces::reference::NamespaceReference;
use crate::domain::namespaces::visibility::Visibility;
use crate::storage::namespaces;

/// What is to be changed of a group or project; what is left out stays. Its path never changes:
/// images are kept under it.
#[derive(Debug, Clone, Default)]
pub struct NamespaceChange {
    /// The last part of the path; only the one that the namespace has is accepted.
    pub path: Option<String>,
    /// Another name for people.
    pub name: Option<String>,
    /// Another description, or none.
    pub description: Option<Option<String>>,
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
            name: wanted.name.unwrap_or_else(|| was.name.clone()),
            description: wanted
                .description
                .unwrap_or_else(|| was.description.clone()),
            visibility: wanted.visibility.unwrap_or(was.visibility),
            ..was.clone()
        };
        check_texts(&to.name, to.description.as_deref())?;
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

/// A name that people can read on one line, and a description of at most 2000 characters.
pub(in crate::app) fn check_texts(
    name: &str,
    description: Option<&str>,
) -> Result<(), ChangeError> {
    let invalid = |field, problem: &str| {
        Err(ChangeError::Invalid {
            field,
            problem: problem.to_owned(),
        })
    };
    if !is_line(name) {
        return invalid("name", "is 1 to 255 characters on one line");
    }
    if description.is_some_and(|text| text.chars().count() > 2000) {
        return invalid("description", "is too long (maximum is 2000 characters)");
    }
    Ok(())
}
