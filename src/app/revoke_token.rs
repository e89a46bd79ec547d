//! Revoking a personal access token.

use super::desk::Desk;
use super::error::ChangeError;
use super::look_up::token_for;
use crate::domain::audit::{AuditAction, AuditEvent};
use crate::domain::authority::Authority;
use crate::domain::ids::TokenId;
use crate::domain::personal_access_token::PersonalAccessToken;
use crate::storage::personal_access_tokens;

impl Desk {
    /// Revokes a token: it stops working at the next request.
    ///
    /// Revoking it again changes nothing and is no error.
    #[tracing::instrument(name = "app.revoke_token", skip_all)]
    pub async fn revoke_token(
        &self,
        authority: &Authority,
        id: TokenId,
    ) -> Result<PersonalAccessToken, ChangeError> {
        let change = self.begin().await?;
        let token = token_for(&change, authority, id).await?;
        let grant = authority.act_for(token.user_id)?;
        let Ok(revoked) = token.clone().revoke(change.now()) else {
            return Ok(token);
        };
        personal_access_tokens::save_revocation(&change, &revoked).await?;
        change
            .commit(&grant, AuditEvent::new(AuditAction::TokenRevoked, &id))
            .await?;
        Ok(revoked)
    }
}
