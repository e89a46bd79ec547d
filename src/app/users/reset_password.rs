//! A new password for a user.

use crate::app::desk::Desk;
use crate::app::error::ChangeError;
use crate::domain::authority::Authority;
use crate::domain::events::{AuditAction, AuditEvent};
use crate::domain::users::password::NewPassword;
use crate::domain::users::username::Username;
use crate::storage::{refresh_tokens, users};

impl Desk {
    /// Replaces a user's password, or gives one to a user without.
    #[tracing::instrument(name = "app.reset_password", skip_all)]
    pub async fn reset_password(
        &self,
        authority: &Authority,
        username: &Username,
        password: NewPassword,
    ) -> Result<(), ChangeError> {
        let grant = authority.administer()?;
        let hash = self.passwords.hash(password.into()).await?;
        let change = self.begin().await?;
        let user = users::find_by_username(&change, username)
            .await?
            .ok_or_else(|| ChangeError::not_found("user", username))?;
        users::set_password(&change, user.id, &hash).await?;
        // Whoever logged in with the old password is out.
        refresh_tokens::revoke_all(&change, user.id).await?;
        change
            .commit(
                &grant,
                AuditEvent::new(AuditAction::PasswordChanged, username),
            )
            .await?;
        Ok(())
    }
}
