//! Blocking a user, and the way back.

use crate::app::desk::Desk;
use crate::app::error::ChangeError;
use crate::domain::authority::Authority;
use crate::domain::events::{AuditAction, AuditEvent};
use crate::domain::users::username::Username;
use crate::domain::users::{User, UserState};
use crate::storage::{refresh_tokens, users};

impl Desk {
    /// Blocks a user: neither password nor tokens work any more, from the next request on. Logins by
    /// password end for good; personal access tokens work again when the block does not last.
    #[tracing::instrument(name = "app.block_user", skip_all)]
    pub async fn block_user(
        &self,
        authority: &Authority,
        username: &Username,
    ) -> Result<User, ChangeError> {
        self.set_user_state(authority, username, UserState::Blocked)
            .await
    }

    /// Lets a blocked user sign in again.
    #[tracing::instrument(name = "app.unblock_user", skip_all)]
    pub async fn unblock_user(
        &self,
        authority: &Authority,
        username: &Username,
    ) -> Result<User, ChangeError> {
        self.set_user_state(authority, username, UserState::Active)
            .await
    }

    async fn set_user_state(
        &self,
        authority: &Authority,
        username: &Username,
        state: UserState,
    ) -> Result<User, ChangeError> {
        let grant = authority.administer()?;
        let change = self.begin().await?;
        let user = users::find_by_username(&change, username)
            .await?
            .ok_or_else(|| ChangeError::not_found("user", username))?;
        if user.state == state {
            return Ok(user);
        }
        let action = match state {
            UserState::Active => AuditAction::UserUnblocked,
            UserState::Blocked
                if user.admin && !users::another_administrator(&change, user.id).await? =>
            {
                return Err(ChangeError::refused(
                    "the last administrator cannot be blocked",
                ));
            }
            UserState::Blocked => {
                refresh_tokens::revoke_all(&change, user.id).await?;
                AuditAction::UserBlocked
            }
        };
        users::set_state(&change, user.id, state).await?;
        change
            .commit(&grant, AuditEvent::new(action, username))
            .await?;
        Ok(User { state, ..user })
    }
}
