//! Making a personal access token.

use super::desk::Desk;
use super::error::ChangeError;
use crate::domain::audit::{AuditAction, AuditEvent};
use crate::domain::authority::Authority;
use crate::domain::credential::{PlainToken, TokenKind};
use crate::domain::ids::UserId;
use crate::domain::personal_access_token::{PersonalAccessToken, TokenSpecification};
use crate::storage::{personal_access_tokens, users};

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
        specification: &TokenSpecification,
    ) -> Result<CreatedToken, ChangeError> {
        let secret = PlainToken::generate(TokenKind::PersonalAccess, &*self.entropy);
        let grant = authority.administer()?;
        let change = self.begin().await?;
        let owner = users::find(&change, owner)
            .await?
            .ok_or_else(|| ChangeError::not_found("user", &owner))?;
        let token =
            personal_access_tokens::insert(&change, owner.id, &secret.digest(), specification)
                .await?;
        let detail = format!("for {}, scopes {}", owner.username, specification.scopes());
        change
            .commit(
                &grant,
                AuditEvent::new(AuditAction::TokenCreated, &token.id).with_detail(detail),
            )
            .await?;
        Ok(CreatedToken { token, secret })
    }
}
