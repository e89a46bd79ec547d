//! Deleting a group or project.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::namespaces::bury::bury_with_all_below;
use crate::app::namespaces::find::{namespace_for, standing};
use crate::app::namespaces::list::with_ancestors;
use crate::domain::authority::Authority;
use crate::domain::events::detail::Detail;
use crate::domain::events::{Event, EventAction};
use crate::domain::namespaces::reference::NamespaceReference;
use crate::domain::namespaces::{NamespaceKind, NamespaceWithAncestors};
use crate::storage::{Change, GrantedEvent, namespaces};

impl Desk {
    /// Deletes a group or project with everything below it, and leaves tombstones: the images stay
    /// closed and the names taken until an administrator makes them anew.
    #[tracing::instrument(name = "app.delete_namespace", skip_all)]
    pub async fn delete_namespace(
        &self,
        authority: &Authority,
        name: &NamespaceReference,
    ) -> Result<(), DeskError> {
        let change = self.begin(authority).await?;
        let event = delete(&change, name).await?;
        Ok(change.commit([event]).await?)
    }

    /// The namespaces that [`Desk::delete_namespace`] would delete, the named one first.
    pub async fn namespace_deletion(
        &self,
        authority: &Authority,
        name: &NamespaceReference,
    ) -> Result<Vec<NamespaceWithAncestors>, DeskError> {
        let standing = namespace_for(&self.db, authority, name, self.now()).await?;
        let below = namespaces::live_below(&self.db, standing.namespace.id).await?;
        let goes = std::iter::once(standing.namespace).chain(below).collect();
        with_ancestors(&self.db, (authority, self.now()), goes).await
    }
}

/// Deletes a group or project with everything below it.
pub(in crate::app) async fn delete(
    change: &Change,
    name: &NamespaceReference,
) -> Result<GrantedEvent, DeskError> {
    let standing = standing(change, name).await?;
    let grant = change.grant(|authority| authority.delete(&standing))?;
    let namespace = standing.namespace;
    let gone = bury_with_all_below(change, &namespace).await?;
    let action = match namespace.kind {
        NamespaceKind::Project => EventAction::ProjectDeleted,
        NamespaceKind::Group | NamespaceKind::User => EventAction::GroupDeleted,
    };
    let detail = Detail::NamespaceDeleted { namespaces: gone };
    Ok(grant.event(Event::new(action, &namespace, detail)))
}
