//! Renaming, describing, shortening and narrowing a personal access token.

use super::desk::Desk;
use super::error::ChangeError;
use crate::domain::audit::{AuditAction, AuditEvent};
use crate::domain::authority::Authority;
use crate::domain::ids::TokenId;
use crate::domain::personal_access_token::{PersonalAccessToken, TokenChange};
use crate::storage::personal_access_tokens;

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
        let specification = token.specification.changed(wanted)?;
        personal_access_tokens::save_specification(&change, id, &specification).await?;
        let detail = format!(
            "named {}, scopes {}",
            specification.name(),
            specification.scopes()
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
