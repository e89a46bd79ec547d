//! Finding deploy tokens.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::namespaces::find::namespace_for;
use crate::domain::authority::Authority;
use crate::domain::deploy_tokens::DeployToken;
use crate::domain::deploy_tokens::filter::DeployTokenFilter;
use crate::domain::ids::{DeployTokenId, NamespaceId};
use crate::domain::namespaces::reference::NamespaceReference;
use crate::domain::page::{Listing, Paging};
use crate::storage::{Source, deploy_tokens};

impl Desk {
    /// A part of a namespace's deploy tokens that were not revoked; or of all there ever were, as an
    /// administrator. If `active` is true, only those that work are left; false leaves all.
    pub async fn deploy_tokens_page(
        &self,
        authority: &Authority,
        name: Option<&NamespaceReference>,
        active: Option<bool>,
        paging: Paging,
    ) -> Result<Listing<DeployToken>, DeskError> {
        let filter = self.filter(authority, name, active).await?;
        Ok(deploy_tokens::page(&self.db, &filter, paging).await?)
    }

    /// A part of all deploy tokens that there ever were, or of a namespace's; administrators only.
    pub async fn deploy_tokens_ever(
        &self,
        authority: &Authority,
        name: Option<&NamespaceReference>,
        paging: Paging,
    ) -> Result<Listing<DeployToken>, DeskError> {
        authority.require_administrator()?;
        let filter = DeployTokenFilter {
            unrevoked: false,
            ..self.filter(authority, name, None).await?
        };
        Ok(deploy_tokens::page(&self.db, &filter, paging).await?)
    }

    /// One deploy token of a namespace; or any, as an administrator.
    pub async fn deploy_token(
        &self,
        authority: &Authority,
        name: Option<&NamespaceReference>,
        id: DeployTokenId,
    ) -> Result<DeployToken, DeskError> {
        let filter = self.filter(authority, name, None).await?;
        deploy_token_of(&self.db, filter.namespace, id).await
    }

    async fn filter(
        &self,
        authority: &Authority,
        name: Option<&NamespaceReference>,
        active: Option<bool>,
    ) -> Result<DeployTokenFilter, DeskError> {
        let namespace = if let Some(name) = name {
            let standing = namespace_for(&self.db, authority, name, self.now()).await?;
            authority.list_deploy_tokens(&standing)?;
            Some(standing.namespace.id)
        } else {
            authority.require_administrator()?;
            None
        };
        Ok(DeployTokenFilter {
            namespace,
            unrevoked: namespace.is_some(),
            active_at: (active == Some(true)).then(|| self.now()),
        })
    }
}

/// The deploy token with that id; with a namespace, only one of its own that was not revoked.
pub(in crate::app) async fn deploy_token_of(
    source: &impl Source,
    namespace: Option<NamespaceId>,
    id: DeployTokenId,
) -> Result<DeployToken, DeskError> {
    deploy_tokens::find(source, id)
        .await?
        .filter(|token| {
            namespace
                .is_none_or(|namespace| token.namespace == namespace && token.revoked_at.is_none())
        })
        .ok_or_else(|| DeskError::not_found("deploy token", &id))
}
