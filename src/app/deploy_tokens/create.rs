//! Making a deploy token.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::namespaces::find::standing;
use crate::domain::authority::Authority;
use crate::domain::deploy_tokens::{DeployToken, DeployTokenSpecification};
use crate::domain::events::detail::Detail;
use crate::domain::events::{Event, EventAction};
use crate::domain::namespaces::reference::NamespaceReference;
use crate::domain::secret::{SecretDigest, SecretKind, SecretToken};
use crate::storage::{Change, GrantedEvent, deploy_tokens};

/// A new deploy token with its secret, which nobody sees again.
#[derive(Debug)]
pub struct CreatedDeployToken {
    /// The deploy token.
    pub token: DeployToken,
    /// The secret.
    pub secret: SecretToken,
}

impl Desk {
    /// Makes a deploy token for a group or project.
    #[tracing::instrument(name = "app.create_deploy_token", skip_all, fields(name = %name))]
    pub async fn create_deploy_token(
        &self,
        authority: &Authority,
        name: &NamespaceReference,
        specification: &DeployTokenSpecification,
    ) -> Result<CreatedDeployToken, DeskError> {
        let secret = self.new_secret(SecretKind::DeployToken);
        let change = self.begin(authority).await?;
        let (token, event) = create(&change, name, &secret.digest(), specification).await?;
        change.commit([event]).await?;
        Ok(CreatedDeployToken { token, secret })
    }
}

/// Makes a deploy token with the given digest.
pub(in crate::app) async fn create(
    change: &Change,
    name: &NamespaceReference,
    digest: &SecretDigest,
    specification: &DeployTokenSpecification,
) -> Result<(DeployToken, GrantedEvent), DeskError> {
    let standing = standing(change, name).await?;
    let namespace = &standing.namespace;
    let grant = change.grant(|authority| authority.manage_deploy_tokens(&standing))?;
    let token = deploy_tokens::insert(change, namespace, digest, specification).await?;
    let detail = Detail::deploy_token_created(&namespace.path, specification.scopes());
    let event = Event::new(EventAction::DeployTokenCreated, &token, detail);
    Ok((token, grant.event(event)))
}
