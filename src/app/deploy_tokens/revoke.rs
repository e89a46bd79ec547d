//! Revoking a deploy token.

use crate::app::deploy_tokens::find::deploy_token_of;
use crate::app::desk::Desk;
use crate::app::error::ChangeError;
use crate::app::namespaces::find::namespace_for;
use crate::domain::authority::Authority;
use crate::domain::deploy_tokens::{DeployToken, needed_to_manage};
use crate::domain::events::{AuditAction, AuditEvent};
use crate::domain::ids::DeployTokenId;
use crate::domain::namespaces::reference::NamespaceReference;
use crate::storage::deploy_tokens;

impl Desk {
    /// Revokes a deploy token of a namespace, or any as an administrator: it stops working at the next
    /// request.
    ///
    /// Revoking it again changes nothing; in its place it is not found any more.
    #[tracing::instrument(name = "app.revoke_deploy_token", skip_all)]
    pub async fn revoke_deploy_token(
        &self,
        authority: &Authority,
        name: Option<&NamespaceReference>,
        id: DeployTokenId,
    ) -> Result<DeployToken, ChangeError> {
        let change = self.begin().await?;
        let (grant, namespace) = match name {
            None => (authority.administer()?, None),
            Some(name) => {
                let standing = namespace_for(&change, authority, name, change.now()).await?;
                let needed = needed_to_manage(standing.namespace.kind);
                let grant = authority.with_role(&standing, needed)?;
                (grant, Some(standing.namespace.id))
            }
        };
        let token = deploy_token_of(&change, namespace, id).await?;
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
