//! Deleting a group or project.

use super::desk::Desk;
use super::error::ChangeError;
use crate::domain::audit::{AuditAction, AuditEvent};
use crate::domain::authority::Authority;
use crate::domain::ids::NamespaceId;
use crate::domain::namespace::{Namespace, NamespaceKind};
use crate::domain::namespace_path::NamespacePath;
use crate::storage::{Source, deploy_tokens, members, namespaces};

impl Desk {
    /// Deletes the group or project at `path` with what is below it, and leaves tombstones: the
    /// images stay closed and the names taken until an administrator makes them anew.
    #[tracing::instrument(name = "app.delete_namespace", skip_all)]
    pub async fn delete_namespace(
        &self,
        authority: &Authority,
        kind: NamespaceKind,
        path: &NamespacePath,
    ) -> Result<Vec<Namespace>, ChangeError> {
        let grant = authority.administer()?;
        let change = self.begin().await?;
        let gone = with_what_is_below(&change, kind, path).await?;
        let ids: Vec<NamespaceId> = gone.iter().map(|place| place.id).collect();
        members::remove_all(&change, &ids).await?;
        deploy_tokens::revoke_all(&change, &ids).await?;
        namespaces::bury(&change, &ids).await?;
        let action = match kind {
            NamespaceKind::Project => AuditAction::ProjectDeleted,
            NamespaceKind::Group | NamespaceKind::User => AuditAction::GroupDeleted,
        };
        let detail = format!("{} in all", gone.len());
        change
            .commit(&grant, AuditEvent::new(action, path).with_detail(detail))
            .await?;
        Ok(gone)
    }

    /// What [`Desk::delete_namespace`] would delete, the named one first.
    pub async fn what_goes_with(
        &self,
        kind: NamespaceKind,
        path: &NamespacePath,
    ) -> Result<Vec<Namespace>, ChangeError> {
        with_what_is_below(&self.db, kind, path).await
    }
}

async fn with_what_is_below(
    source: &impl Source,
    kind: NamespaceKind,
    path: &NamespacePath,
) -> Result<Vec<Namespace>, ChangeError> {
    let place = namespaces::find_live(source, path)
        .await?
        .filter(|place| place.kind == kind)
        .ok_or_else(|| ChangeError::not_found(kind.name(), path))?;
    let below = namespaces::live_below(source, place.id).await?;
    Ok(std::iter::once(place).chain(below).collect())
}
