//! Renaming and describing a group or project, and changing its visibility.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::namespaces::find::standing;
use crate::app::namespaces::list::with_ancestors_of;
use crate::domain::authority::Authority;
use crate::domain::events::detail::{Changes, Detail};
use crate::domain::events::{Event, EventAction};
use crate::domain::namespaces::NamespaceWithAncestors;
use crate::domain::namespaces::reference::NamespaceReference;
use crate::domain::namespaces::visibility::Visibility;
use crate::domain::namespaces::{Namespace, NamespaceDescription};
use crate::domain::text::DisplayName;
use crate::storage::{Change, GrantedEvent, namespaces};

/// A change to a group or project; fields that are left out stay as they are. Its path never changes:
/// images are kept under it.
#[derive(Debug, Clone, Default)]
pub struct NamespaceChange {
    /// The last part of the path; only the one that the namespace has is accepted.
    pub path: Option<String>,
    /// Another name for people.
    pub name: Option<DisplayName>,
    /// Another description, or none.
    pub description: Option<Option<NamespaceDescription>>,
    /// Another visibility.
    pub visibility: Option<Visibility>,
}

impl NamespaceChange {
    /// A change of the visibility alone.
    pub fn to_visibility(visibility: Visibility) -> Self {
        Self {
            visibility: Some(visibility),
            ..Self::default()
        }
    }
}

impl Desk {
    /// Renames or describes a group or project, or changes its visibility.
    #[tracing::instrument(name = "app.change_namespace", skip_all)]
    pub async fn change_namespace(
        &self,
        authority: &Authority,
        name: &NamespaceReference,
        wanted: NamespaceChange,
    ) -> Result<NamespaceWithAncestors, DeskError> {
        let change = self.begin(authority).await?;
        let (namespace, event) = change_namespace(&change, name, wanted).await?;
        let rights = (change.authority(), change.now());
        let located = with_ancestors_of(&change, rights, namespace).await?;
        change.commit(event).await?;
        Ok(located)
    }
}

/// Changes a group or project. No event comes back if nothing becomes different.
pub(in crate::app) async fn change_namespace(
    change: &Change,
    name: &NamespaceReference,
    wanted: NamespaceChange,
) -> Result<(Namespace, Option<GrantedEvent>), DeskError> {
    let standing = standing(change, name).await?;
    let was = &standing.namespace;
    let grant = change.grant(|authority| authority.describe(&standing))?;
    if let Some(path) = wanted.path
        && !path.eq_ignore_ascii_case(was.path.name())
    {
        return Err(DeskError::Invalid {
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
    let action = if to.visibility == was.visibility {
        EventAction::NamespaceChanged
    } else {
        change.authority().change_visibility(&standing)?;
        EventAction::VisibilityChanged
    };
    if to == *was {
        return Ok((to, None));
    }
    namespaces::save(change, was, &to).await?;
    let changes = Changes::default()
        .of("visibility", was.visibility.name(), to.visibility.name())
        .of("name", was.name.as_str(), to.name.as_str())
        .of(
            "description",
            was.description.as_deref(),
            to.description.as_deref(),
        );
    let event = Event::new(action, &to, Detail::Changed { changes });
    Ok((to, Some(grant.event(event))))
}
