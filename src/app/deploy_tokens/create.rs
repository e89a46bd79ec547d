//! Making a deploy token.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::namespaces::find::standing;
use crate::domain::access_tokens::policy::InvalidEnd;
use crate::domain::authority::Authority;
use crate::domain::authority::namespaces::Standing;
use crate::domain::deploy_tokens::{DeployToken, DeployTokenSpecification};
use crate::domain::events::detail::Detail;
use crate::domain::events::{Event, EventAction};
use crate::domain::expiry::{Expiry, earlier, outlasts};
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
    #[tracing::instrument(name = "app.create_deploy_token", skip_all)]
    pub async fn create_deploy_token(
        &self,
        authority: &Authority,
        name: &NamespaceReference,
        specification: &DeployTokenSpecification,
    ) -> Result<CreatedDeployToken, DeskError> {
        let secret = self.new_secret(SecretKind::DeployToken);
        let change = self.begin(authority).await?;
        let most = self.limits.deploy_per_namespace;
        let (token, event) = create(&change, name, (&secret.digest(), most), specification).await?;
        change.commit([event]).await?;
        Ok(CreatedDeployToken { token, secret })
    }
}

/// Makes a deploy token with the given digest, unless the namespace has the most of them already.
pub(in crate::app) async fn create(
    change: &Change,
    name: &NamespaceReference,
    (digest, most): (&SecretDigest, u64),
    specification: &DeployTokenSpecification,
) -> Result<(DeployToken, GrantedEvent), DeskError> {
    let standing = standing(change, name).await?;
    let namespace = &standing.namespace;
    let grant = change.grant(|authority| authority.manage_deploy_tokens(&standing))?;
    if deploy_tokens::count_working(change, namespace.id).await? >= most {
        return Err(DeskError::refused(format!(
            "`{}` has {most} deploy tokens that work, and can have no more; revoke one first",
            namespace.path
        )));
    }
    let mut specification = specification.clone();
    specification.expiry = end_of_new(change.authority(), &standing, specification.expiry)?;
    let token = deploy_tokens::insert(change, namespace, digest, &specification).await?;
    let detail = Detail::deploy_token_created(
        &namespace.path,
        specification.scopes(),
        specification.expiry,
    );
    let event = Event::new(EventAction::DeployTokenCreated, &token, detail);
    Ok((token, grant.event(event)))
}

/// The end of a new deploy token: no later than that of the token and of the role by which it is made.
fn end_of_new(
    authority: &Authority,
    standing: &Standing,
    wanted: Option<Expiry>,
) -> Result<Option<Expiry>, InvalidEnd> {
    let token = authority.end();
    let role = authority.end_of_role(standing, standing.namespace.kind.manager());
    let is_later = |end: Option<Expiry>| end.filter(|_| wanted.is_some() && outlasts(wanted, end));
    match (is_later(token), is_later(role)) {
        (Some(end), _) => Err(InvalidEnd::AfterMaker(end)),
        (None, Some(end)) => Err(InvalidEnd::AfterRole(end)),
        (None, None) => Ok(earlier(wanted, earlier(token, role))),
    }
}
