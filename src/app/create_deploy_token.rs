//! Making a deploy token.

use super::desk::Desk;
use super::error::ChangeError;
use super::look_up::shared_place;
use crate::domain::audit::{AuditAction, AuditEvent};
use crate::domain::authority::Authority;
use crate::domain::credential::{PlainToken, TokenKind};
use crate::domain::deploy_token::{DeployToken, DeployTokenSpecification};
use crate::domain::namespace_path::NamespacePath;
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
    /// Makes a deploy token for the group or project at `path`.
    #[tracing::instrument(name = "app.create_deploy_token", skip_all)]
    pub async fn create_deploy_token(
        &self,
        authority: &Authority,
        path: &NamespacePath,
        specification: &DeployTokenSpecification,
    ) -> Result<CreatedDeployToken, ChangeError> {
        let secret = PlainToken::generate(TokenKind::Deploy, &*self.entropy);
        let grant = authority.administer()?;
        let change = self.begin().await?;
        let place = shared_place(&change, path).await?;
        let token = deploy_tokens::insert(&change, &place, &secret.digest(), specification).await?;
        let detail = format!("for {}, scopes {}", place.path, specification.scopes());
        let event = AuditEvent::new(AuditAction::DeployTokenCreated, &token.id);
        change.commit(&grant, event.with_detail(detail)).await?;
        Ok(CreatedDeployToken { token, secret })
    }
}
