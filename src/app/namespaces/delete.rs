//! Deleting a group or project.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::namespaces::bury::bury;
use crate::app::namespaces::find::{namespace_for, standing};
use crate::domain::authority::Authority;
use crate::domain::events::detail::Detail;
use crate::domain::events::{Event, EventAction};
use crate::domain::namespaces::reference::NamespaceReference;
use crate::domain::namespaces::{Namespace, NamespaceKind, NamespaceWithAncestors};
use crate::storage::{Change, GrantedEvent, Source, namespaces};

impl Desk {
    /// Deletes a group or project with everything below it, and leaves tombstones: the images stay
    /// closed and the names taken until an administrator makes them anew.
    #[tracing::instrument(name = "app.delete_namespace", skip_all, fields(name = %name))]
    pub async fn delete_namespace(
        &self,
        authority: &Authority,
        name: &NamespaceReference,
    ) -> Result<Vec<Namespace>, DeskError> {
        let change = self.begin(authority).await?;
        let (gone, event) = delete(&change, name).await?;
        change.commit([event]).await?;
        Ok(gone)
    }

    /// The namespaces that [`Desk::delete_namespace`] would delete, the named one first.
    pub async fn namespace_deletion(
        &self,
        authority: &Authority,
        name: &NamespaceReference,
    ) -> Result<Vec<NamespaceWithAncestors>, DeskError> {
        let standing = namespace_for(&self.db, authority, name, self.now()).await?;
        let goes = with_all_below(&self.db, standing.namespace).await?;
        self.with_ancestors(authority, goes).await
    }
}

/// Deletes a group or project with everything below it. All of them are returned, the named one first.
pub(in crate::app) async fn delete(
    change: &Change,
    name: &NamespaceReference,
) -> Result<(Vec<Namespace>, GrantedEvent), DeskError> {
    let standing = standing(change, name).await?;
    let grant = change.grant(|authority| authority.delete(&standing))?;
    let namespace = standing.namespace;
    let gone = with_all_below(change, namespace.clone()).await?;
    bury(change, &gone).await?;
    let action = match namespace.kind {
        NamespaceKind::Project => EventAction::ProjectDeleted,
        NamespaceKind::Group | NamespaceKind::User => EventAction::GroupDeleted,
    };
    let namespaces = gone.len();
    let event = Event::new(action, &namespace, Detail::NamespaceDeleted { namespaces });
    Ok((gone, grant.event(event)))
}

async fn with_all_below(
    source: &impl Source,
    namespace: Namespace,
) -> Result<Vec<Namespace>, DeskError> {
    let below = namespaces::live_below(source, namespace.id).await?;
    Ok(std::iter::once(namespace).chain(below).collect())
}
