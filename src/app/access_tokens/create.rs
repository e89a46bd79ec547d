//! Making a personal access token.

use crate::app::access_tokens::find::access_token_for;
use crate::app::desk::Desk;
use crate::app::error::ChangeError;
use crate::domain::access_tokens::lineage::AccessTokenLineage;
use crate::domain::access_tokens::policy::WantedEnd;
use crate::domain::access_tokens::scope::AccessTokenScope;
use crate::domain::access_tokens::{AccessToken, AccessTokenSpecification, CredentialState};
use crate::domain::authority::{Authority, Need, Refusal};
use crate::domain::events::{AuditAction, AuditEvent, Grant};
use crate::domain::expiry::Expiry;
use crate::domain::ids::{AccessTokenId, UserId};
use crate::domain::secret::{SecretKind, SecretToken};
use crate::domain::users::User;
use crate::storage::access_tokens::AccessTokenRecord;
use crate::storage::{Change, access_tokens, users};

/// A token, with the secret that nobody sees again.
#[derive(Debug)]
pub struct CreatedAccessToken {
    /// What is known of it from now on.
    pub token: AccessToken,
    /// The secret.
    pub secret: SecretToken,
}

impl Desk {
    /// Makes a token for a user.
    #[tracing::instrument(name = "app.create_access_token", skip_all)]
    pub async fn create_access_token(
        &self,
        authority: &Authority,
        owner: UserId,
        specification: AccessTokenSpecification,
        end: WantedEnd,
    ) -> Result<CreatedAccessToken, ChangeError> {
        let grant = authority.administer()?;
        let change = self.begin().await?;
        let owner = users::find(&change, owner)
            .await?
            .ok_or_else(|| ChangeError::not_found("user", &owner))?;
        let end = self.tokens.end_of_new(end, None, change.now())?;
        let specification = specification.expiring(end);
        self.insert_token(change, &grant, &owner, (&specification, None))
            .await
    }

    /// Makes a token with another one, for the same user.
    ///
    /// It ends no later than its maker and is revoked with it; it cannot make others.
    #[tracing::instrument(name = "app.create_own_access_token", skip_all)]
    pub async fn create_own_access_token(
        &self,
        authority: &Authority,
        maker: AccessTokenId,
        specification: AccessTokenSpecification,
        end: WantedEnd,
    ) -> Result<CreatedAccessToken, ChangeError> {
        let change = self.begin().await?;
        let maker = access_token_for(&change, authority, maker).await?;
        let grant = authority.act_for(maker.user_id)?;
        check_maker(&maker, &change)?;
        if specification.scopes().contains(AccessTokenScope::Api) {
            return Err(ChangeError::refused(
                "a token that is made with another one cannot have the scope api; \
                 choose other scopes, or ask an administrator for it",
            ));
        }
        let owner = users::find(&change, maker.user_id)
            .await?
            .ok_or_else(|| ChangeError::not_found("user", &maker.user_id))?;
        let end = self.tokens.end_of_new(end, maker.end(), change.now())?;
        let specification = specification.expiring(end);
        let new = (&specification, Some(maker.id));
        self.insert_token(change, &grant, &owner, new).await
    }

    async fn insert_token(
        &self,
        change: Change,
        grant: &Grant,
        owner: &User,
        (specification, maker): (&AccessTokenSpecification, Option<AccessTokenId>),
    ) -> Result<CreatedAccessToken, ChangeError> {
        let secret = SecretToken::generate(SecretKind::AccessToken, &*self.entropy);
        let new = AccessTokenRecord {
            owner: owner.id,
            digest: secret.digest(),
            specification,
            lineage: AccessTokenLineage {
                maker,
                ..AccessTokenLineage::default()
            },
        };
        let token = access_tokens::insert(&change, new).await?;
        let with = maker.map_or(String::new(), |maker| format!(" with token {maker}"));
        let scopes = specification.scopes();
        let detail = format!("for {}{with}, scopes {scopes}", owner.username);
        let event = AuditEvent::new(AuditAction::TokenCreated, &token.id);
        change.commit(grant, event.with_detail(detail)).await?;
        Ok(CreatedAccessToken { token, secret })
    }
}

/// Whether a token that was good when it came still is.
fn check_maker(maker: &AccessToken, change: &Change) -> Result<(), Refusal> {
    let scopes = maker.specification.scopes();
    match maker.state(change.now()) {
        CredentialState::Active if scopes.contains(AccessTokenScope::Api) => Ok(()),
        CredentialState::Active => Err(Refusal::Scope(Need::Write, scopes.clone())),
        CredentialState::Expired | CredentialState::Revoked => Err(Refusal::NotYours),
    }
}

/// When the token ends that `token` was made with.
pub(in crate::app) async fn end_of_maker(
    change: &Change,
    token: &AccessToken,
) -> Result<Option<Expiry>, ChangeError> {
    let Some(maker) = token.lineage.maker else {
        return Ok(None);
    };
    let maker = access_tokens::find(change, maker).await?;
    Ok(maker.and_then(|maker| maker.end()))
}
