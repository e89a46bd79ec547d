//! Making a personal access token.

use crate::app::access_tokens::find::token_for;
use crate::app::desk::Desk;
use crate::app::error::ChangeError;
use crate::domain::access_tokens::lineage::Lineage;
use crate::domain::access_tokens::policy::WantedEnd;
use crate::domain::access_tokens::scope::TokenScope;
use crate::domain::access_tokens::{PersonalAccessToken, TokenSpecification, TokenState};
use crate::domain::authority::{Authority, Need, Refusal};
use crate::domain::events::{AuditAction, AuditEvent, Grant};
use crate::domain::expiry::Expiry;
use crate::domain::ids::{TokenId, UserId};
use crate::domain::secret::{PlainToken, TokenKind};
use crate::domain::users::User;
use crate::storage::access_tokens::NewToken;
use crate::storage::{Change, access_tokens, users};

/// A token, with the secret that nobody sees again.
#[derive(Debug)]
pub struct CreatedToken {
    /// What is known of it from now on.
    pub token: PersonalAccessToken,
    /// The secret.
    pub secret: PlainToken,
}

impl Desk {
    /// Makes a token for a user.
    #[tracing::instrument(name = "app.create_token", skip_all)]
    pub async fn create_token(
        &self,
        authority: &Authority,
        owner: UserId,
        specification: TokenSpecification,
        end: WantedEnd,
    ) -> Result<CreatedToken, ChangeError> {
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
    #[tracing::instrument(name = "app.create_own_token", skip_all)]
    pub async fn create_own_token(
        &self,
        authority: &Authority,
        maker: TokenId,
        specification: TokenSpecification,
        end: WantedEnd,
    ) -> Result<CreatedToken, ChangeError> {
        let change = self.begin().await?;
        let maker = token_for(&change, authority, maker).await?;
        let grant = authority.act_for(maker.user_id)?;
        check_maker(&maker, &change)?;
        if specification.scopes().contains(TokenScope::Api) {
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
        (specification, maker): (&TokenSpecification, Option<TokenId>),
    ) -> Result<CreatedToken, ChangeError> {
        let secret = PlainToken::generate(TokenKind::PersonalAccess, &*self.entropy);
        let new = NewToken {
            owner: owner.id,
            digest: secret.digest(),
            specification,
            lineage: Lineage {
                maker,
                ..Lineage::default()
            },
        };
        let token = access_tokens::insert(&change, new).await?;
        let with = maker.map_or(String::new(), |maker| format!(" with token {maker}"));
        let scopes = specification.scopes();
        let detail = format!("for {}{with}, scopes {scopes}", owner.username);
        let event = AuditEvent::new(AuditAction::TokenCreated, &token.id);
        change.commit(grant, event.with_detail(detail)).await?;
        Ok(CreatedToken { token, secret })
    }
}

/// Whether a token that was good when it came still is.
fn check_maker(maker: &PersonalAccessToken, change: &Change) -> Result<(), Refusal> {
    let scopes = maker.specification.scopes();
    match maker.state(change.now()) {
        TokenState::Active if scopes.contains(TokenScope::Api) => Ok(()),
        TokenState::Active => Err(Refusal::Scope(Need::Write, scopes.clone())),
        TokenState::Expired | TokenState::Revoked => Err(Refusal::NotYours),
    }
}

/// When the token ends that `token` was made with.
pub(in crate::app) async fn end_of_maker(
    change: &Change,
    token: &PersonalAccessToken,
) -> Result<Option<Expiry>, ChangeError> {
    let Some(maker) = token.lineage.maker else {
        return Ok(None);
    };
    let maker = access_tokens::find(change, maker).await?;
    Ok(maker.and_then(|maker| maker.end()))
}
