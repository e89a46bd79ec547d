//! Showing a group or project to others than before.

use super::desk::Desk;
use super::error::ChangeError;
use crate::domain::audit::{AuditAction, AuditEvent};
use crate::domain::authority::Authority;
use crate::domain::namespace::{Namespace, NamespaceKind};
use crate::domain::namespace_path::NamespacePath;
use crate::domain::visibility::Visibility;
use crate::storage::namespaces;

impl Desk {
    /// Sets the visibility of the group or project at `path`.
    #[tracing::instrument(name = "app.set_visibility", skip_all)]
    pub async fn set_visibility(
        &self,
        authority: &Authority,
        (kind, path): (NamespaceKind, &NamespacePath),
        visibility: Visibility,
    ) -> Result<Namespace, ChangeError> {
        let grant = authority.administer()?;
        let change = self.begin().await?;
        let place = namespaces::find_live(&change, path)
            .await?
            .filter(|place| place.kind == kind)
            .ok_or_else(|| ChangeError::not_found(kind.name(), path))?;
        namespaces::set_visibility(&change, place.id, visibility).await?;
        let detail = format!("from {} to {visibility}", place.visibility);
        change
            .commit(
                &grant,
                AuditEvent::new(AuditAction::VisibilityChanged, path).with_detail(detail),
            )
            .await?;
        Ok(Namespace {
            visibility,
            ..place
        })
    }
}
