//! Revoking a deploy token.

use super::desk::Desk;
use super::error::ChangeError;
use crate::domain::audit::{AuditAction, AuditEvent};
use crate::domain::authority::Authority;
use crate::domain::deploy_token::DeployToken;
use crate::domain::ids::DeployTokenId;
use crate::storage::deploy_tokens;

impl Desk {
    /// Revokes a deploy token: it stops working at the next request.
    ///
    /// Revoking it again changes nothing and is no error.
    #[tracing::instrument(name = "app.revoke_deploy_token", skip_all)]
    pub async fn revoke_deploy_token(
        &self,
        authority: &Authority,
        id: DeployTokenId,
    ) -> Result<DeployToken, ChangeError> {
        let grant = authority.administer()?;
        let change = self.begin().await?;
        let token = deploy_tokens::find(&change, id)
            .await?
            .ok_or_else(|| ChangeError::not_found("deploy token", &id))?;
        if token.revoked_at.is_some() {
            return Ok(token);
        }
        deploy_tokens::revoke(&change, id).await?;
        let revoked = DeployToken {
            revoked_at: Some(change.now()),
            ..token
        };
        let event = AuditEvent::new(AuditAction::DeployTokenRevoked, &id);
        change
            .commit(&grant, event.with_detail(format!("of {}", revoked.path)))
            .await?;
        Ok(revoked)
    }
}
