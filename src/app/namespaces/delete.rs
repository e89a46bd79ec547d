//! Deleting a group or project.

use chrono::{DateTime, Utc};

use crate::app::desk::Desk;
use crate::app::error::ChangeError;
use crate::app::namespaces::find::namespace_for;
use crate::domain::authority::Authority;
use crate::domain::authority::namespaces::Standing;
use crate::domain::events::{AuditAction, AuditEvent};
use crate::domain::ids::NamespaceId;
use crate::domain::namespaces::reference::NamespaceReference;
use crate::domain::namespaces::{Namespace, NamespaceKind};
use crate::storage::{Change, Source, deploy_tokens, members, namespaces};

impl Desk {
    /// Deletes a group or project with what is below it, and leaves tombstones: the images stay
    /// closed and the names taken until an administrator makes them anew.
    #[tracing::instrument(name = "app.delete_namespace", skip_all)]
    pub async fn delete_namespace(
        &self,
        authority: &Authority,
        name: &NamespaceReference,
    ) -> Result<Vec<Namespace>, ChangeError> {
        let change = self.begin().await?;
        let (standing, gone) = with_what_is_below(&change, authority, name, change.now()).await?;
        let grant = authority.delete(&standing)?;
        bury(&change, &gone).await?;
        let action = match standing.namespace.kind {
            NamespaceKind::Project => AuditAction::ProjectDeleted,
            NamespaceKind::Group | NamespaceKind::User => AuditAction::GroupDeleted,
        };
        let event = AuditEvent::new(action, &standing.namespace.path);
        let detail = format!("{} in all", gone.len());
        change.commit(&grant, event.with_detail(detail)).await?;
        Ok(gone)
    }

    /// What [`Desk::delete_namespace`] would delete, the named one first.
    pub async fn namespace_deletion(
        &self,
        authority: &Authority,
        name: &NamespaceReference,
    ) -> Result<Vec<Namespace>, ChangeError> {
        let (_, goes) = with_what_is_below(&self.db, authority, name, self.now()).await?;
        Ok(goes)
    }
}

/// Ends everything that hangs on these namespaces, and leaves tombstones where they were.
pub(in crate::app) async fn bury(
    change: &Change,
    namespaces: &[Namespace],
) -> Result<(), ChangeError> {
    let ids: Vec<NamespaceId> = namespaces.iter().map(|namespace| namespace.id).collect();
    members::remove_all(change, &ids).await?;
    deploy_tokens::revoke_all(change, &ids).await?;
    namespaces::bury(change, &ids).await?;
    Ok(())
}

async fn with_what_is_below(
    source: &impl Source,
    authority: &Authority,
    name: &NamespaceReference,
    now: DateTime<Utc>,
) -> Result<(Standing, Vec<Namespace>), ChangeError> {
    let standing = namespace_for(source, authority, name, now).await?;
    let below = namespaces::live_below(source, standing.namespace.id).await?;
    let all = std::iter::once(standing.namespace.clone()).chain(below);
    Ok((standing, all.collect()))
}
