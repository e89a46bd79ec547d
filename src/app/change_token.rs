//! Renaming, describing, shortening and narrowing a personal access token.

use super::create_token::end_of_maker;
use super::desk::Desk;
use super::error::ChangeError;
use super::revoke_token::named;
use crate::domain::audit::{AuditAction, AuditEvent};
use crate::domain::authority::Authority;
use crate::domain::ids::TokenId;
use crate::domain::personal_access_token::{PersonalAccessToken, TokenChange, TokenSpecification};
use crate::domain::token_scope::TokenScope;
use crate::storage::{Change, personal_access_tokens, token_families};

impl Desk {
    /// Changes what was chosen for a token; never so that it may do more.
    #[tracing::instrument(name = "app.change_token", skip_all)]
    pub async fn change_token(
        &self,
        authority: &Authority,
        id: TokenId,
        wanted: TokenChange,
    ) -> Result<PersonalAccessToken, ChangeError> {
        let change = self.begin().await?;
        let token = super::look_up::token_for(&change, authority, id).await?;
        let grant = authority.act_for(token.user_id)?;
        let end = wanted.expiry.flatten();
        let specification = token.specification.changed(wanted)?;
        if let Some(end) = end {
            let maker = end_of_maker(&change, &token).await?;
            self.tokens.permitted(end, maker, change.now())?;
        }
        personal_access_tokens::save_specification(&change, id, &specification).await?;
        let revoked = narrow_made_with(&change, &token, &specification).await?;
        let detail = format!(
            "named {}, scopes {}{}",
            specification.name(),
            specification.scopes(),
            named("; revoked tokens", &revoked)
        );
        change
            .commit(
                &grant,
                AuditEvent::new(AuditAction::TokenChanged, &id).with_detail(detail),
            )
            .await?;
        Ok(PersonalAccessToken {
            specification,
            ..token
        })
    }
}

/// What was made with a token ends no later than it; and without `api`, it could not have made it.
async fn narrow_made_with(
    change: &Change,
    maker: &PersonalAccessToken,
    changed: &TokenSpecification,
) -> Result<Vec<TokenId>, ChangeError> {
    if let Some(end) = changed.expiry() {
        token_families::shorten_made_with(change, maker.id, end).await?;
    }
    if changed.scopes().contains(TokenScope::Api) {
        return Ok(Vec::new());
    }
    let made = token_families::made_with(change, &[maker.id]).await?;
    token_families::revoke_all(change, &made).await?;
    Ok(made)
}
