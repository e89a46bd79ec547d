//! Taking a user's role away.

use super::desk::Desk;
use super::error::ChangeError;
use super::look_up::shared_place;
use crate::domain::audit::{AuditAction, AuditEvent};
use crate::domain::authority::Authority;
use crate::domain::namespace_path::NamespacePath;
use crate::domain::username::Username;
use crate::storage::{members, users};

impl Desk {
    /// Takes a user's own role in a group or project away; inherited ones stay.
    #[tracing::instrument(name = "app.remove_member", skip_all)]
    pub async fn remove_member(
        &self,
        authority: &Authority,
        path: &NamespacePath,
        username: &Username,
    ) -> Result<(), ChangeError> {
        let grant = authority.administer()?;
        let change = self.begin().await?;
        let place = shared_place(&change, path).await?;
        let user = users::find_by_username(&change, username)
            .await?
            .ok_or_else(|| ChangeError::not_found("user", username))?;
        if !members::remove(&change, place.id, user.id).await? {
            return Err(ChangeError::refused(format!(
                "`{username}` is not a direct member of `{path}`"
            )));
        }
        let event =
            AuditEvent::new(AuditAction::MemberRemoved, path).with_detail(username.as_str());
        change.commit(&grant, event).await?;
        Ok(())
    }
}
