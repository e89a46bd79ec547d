//! Making a deploy token.

use crate::app::desk::Desk;
use crate::app::error::ChangeError;
use crate::app::namespaces::find::place_for;
use crate::domain::authority::Authority;
use crate::domain::deploy_tokens::{DeployToken, DeployTokenSpecification, needed_to_manage};
use crate::domain::events::{AuditAction, AuditEvent};
use crate::domain::namespaces::reference::PlaceName;
use crate::domain::secret::{PlainToken, TokenKind};
use crate::storage::deploy_tokens;

/// A deploy token, with the secret that nobody sees again.
#[derive(Debug)]
pub struct CreatedDeployToken {
    /// What is known of it from now on.
    pub token: DeployToken,
    /// The secret.
    pub secret: PlainToken,
}

impl Desk {
    /// Makes a deploy token for a group or project.
    #[tracing::instrument(name = "app.create_deploy_token", skip_all)]
    pub async fn create_deploy_token(
        &self,
        authority: &Authority,
        name: &PlaceName,
        specification: &DeployTokenSpecification,
    ) -> Result<CreatedDeployToken, ChangeError> {
        let secret = PlainToken::generate(TokenKind::Deploy, &*self.entropy);
        let change = self.begin().await?;
        let standing = place_for(&change, authority, name, change.now()).await?;
        let place = &standing.place;
        let grant = authority.with_role(&standing, needed_to_manage(place.kind))?;
        let token = deploy_tokens::insert(&change, place, &secret.digest(), specification).await?;
        let detail = format!("for {}, scopes {}", place.path, specification.scopes());
        let event = AuditEvent::new(AuditAction::DeployTokenCreated, &token.id);
        change.commit(&grant, event.with_detail(detail)).await?;
        Ok(CreatedDeployToken { token, secret })
    }
}
