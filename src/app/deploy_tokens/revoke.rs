//! Revoking a deploy token.

use crate::app::deploy_tokens::find::deploy_token_of;
use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::namespaces::find::standing;
use crate::domain::authority::Authority;
use crate::domain::deploy_tokens::DeployToken;
use crate::domain::events::detail::Detail;
use crate::domain::events::{Event, EventAction};
use crate::domain::ids::DeployTokenId;
use crate::domain::namespaces::reference::NamespaceReference;
use crate::storage::{Change, GrantedEvent, deploy_tokens};

impl Desk {
    /// Revokes a deploy token of a namespace, or any as an administrator: it stops working at the next
    /// request.
    ///
    /// Revoking it again changes nothing; in its group or project it is not found any more.
    #[tracing::instrument(name = "app.revoke_deploy_token", skip_all, fields(id = %id))]
    pub async fn revoke_deploy_token(
        &self,
        authority: &Authority,
        name: Option<&NamespaceReference>,
        id: DeployTokenId,
    ) -> Result<DeployToken, DeskError> {
        let change = self.begin(authority).await?;
        let (token, event) = revoke(&change, name, id).await?;
        change.commit(event).await?;
        Ok(token)
    }
}

/// Revokes a deploy token of a namespace, or any. No event comes back if it was revoked already.
pub(in crate::app) async fn revoke(
    change: &Change,
    name: Option<&NamespaceReference>,
    id: DeployTokenId,
) -> Result<(DeployToken, Option<GrantedEvent>), DeskError> {
    let (grant, namespace) = match name {
        None => (change.grant(Authority::require_administrator)?, None),
        Some(name) => {
            let standing = standing(change, name).await?;
            let grant = change.grant(|authority| authority.manage_deploy_tokens(&standing))?;
            (grant, Some(standing.namespace.id))
        }
    };
    let token = deploy_token_of(change, namespace, id).await?;
    if token.revoked_at.is_some() {
        return Ok((token, None));
    }
    deploy_tokens::revoke(change, id).await?;
    let revoked = DeployToken {
        revoked_at: Some(change.now()),
        ..token
    };
    let detail = Detail::deploy_token_revoked(revoked.path.clone());
    let event = Event::new(EventAction::DeployTokenRevoked, &revoked, detail);
    Ok((revoked, Some(grant.event(event))))
}
