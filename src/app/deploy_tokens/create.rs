//! Making a deploy token.

use crate::app::desk::Desk;
use crate::app::error::ChangeError;
use crate::app::namespaces::find::namespace_for;
use crate::domain::authority::Authority;
use crate::domain::deploy_tokens::{DeployToken, DeployTokenSpecification, needed_to_manage};
use crate::domain::events::{AuditAction, AuditEvent};
use crate::domain::namespaces::reference::NamespaceReference;
use crate::domain::secret::{SecretKind, SecretToken};
use crate::storage::deploy_tokens;

/// A deploy token, with the secret that nobody sees again.
#[derive(Debug)]
pub struct CreatedDeployToken {
    /// What is known of it from now on.
    pub token: DeployToken,
    /// The secret.
    pub secret: SecretToken,
}

impl Desk {
    /// Makes a deploy token for a group or project.
    #[tracing::instrument(name = "app.create_deploy_token", skip_all)]
    pub async fn create_deploy_token(
        &self,
        authority: &Authority,
        name: &NamespaceReference,
        specification: &DeployTokenSpecification,
    ) -> Result<CreatedDeployToken, ChangeError> {
        let secret = SecretToken::generate(SecretKind::DeployToken, &*self.entropy);
        let change = self.begin().await?;
        let standing = namespace_for(&change, authority, name, change.now()).await?;
        let namespace = &standing.namespace;
        let grant = authority.with_role(&standing, needed_to_manage(namespace.kind))?;
        let token =
            deploy_tokens::insert(&change, namespace, &secret.digest(), specification).await?;
        let detail = format!("for {}, scopes {}", namespace.path, specification.scopes());
        let event = AuditEvent::new(AuditAction::DeployTokenCreated, &token.id);
        change.commit(&grant, event.with_detail(detail)).await?;
        Ok(CreatedDeployToken { token, secret })
    }
}
