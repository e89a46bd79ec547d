//! Revoking a deploy token.

use super::desk::Desk;
use super::error::ChangeError;
use super::look_up_deploy_tokens::deploy_token_of;
use super::look_up_places::place_for;
use crate::domain::audit::{AuditAction, AuditEvent};
use crate::domain::authority::Authority;
use crate::domain::deploy_token::{DeployToken, needed_to_manage};
use crate::domain::ids::DeployTokenId;
use crate::domain::place_name::PlaceName;
use crate::storage::deploy_tokens;

impl Desk {
    /// Revokes a deploy token of a place, or any as an administrator: it stops working at the next
    /// request.
    ///
    /// Revoking it again changes nothing; in its place it is not found any more.
    #[tracing::instrument(name = "app.revoke_deploy_token", skip_all)]
    pub async fn revoke_deploy_token(
        &self,
        authority: &Authority,
        name: Option<&PlaceName>,
        id: DeployTokenId,
    ) -> Result<DeployToken, ChangeError> {
        let change = self.begin().await?;
        let (grant, place) = match name {
            None => (authority.administer()?, None),
            Some(name) => {
                let standing = place_for(&change, authority, name, change.now()).await?;
                let needed = needed_to_manage(standing.place.kind);
                let grant = authority.with_role(&standing, needed)?;
                (grant, Some(standing.place.id))
            }
        };
        let token = deploy_token_of(&change, place, id).await?;
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
