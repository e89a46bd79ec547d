//! Ending a family of tokens, one of which came back from the dead.

use secrecy::SecretString;

use super::desk::Desk;
use super::error::ChangeError;
use super::revoke_token::named;
use crate::domain::audit::{AuditAction, AuditEvent, Grant};
use crate::domain::credential::{PlainToken, Recognized};
use crate::domain::personal_access_token::TokenState;
use crate::storage::{personal_access_tokens, token_families};

impl Desk {
    /// Revokes the family of a revoked token that someone presents for rotation.
    ///
    /// Whoever rotates a token forgets the old one: someone else has it, and may have the new one as
    /// well. Nobody knows which of the two is the thief, so all of the family end, with what was made
    /// with them.
    #[tracing::instrument(name = "app.revoke_family", skip_all)]
    pub async fn revoke_family(&self, presented: &SecretString) -> Result<(), ChangeError> {
        let Recognized::Token(presented) = PlainToken::recognize(presented) else {
            return Ok(());
        };
        let change = self.begin().await?;
        let found = personal_access_tokens::find_by_digest(&change, &presented.digest()).await?;
        let Some((token, _)) = found else {
            return Ok(());
        };
        if token.state(change.now()) != TokenState::Revoked {
            return Ok(());
        }
        let family = token_families::not_revoked_of(&change, token.family()).await?;
        if family.is_empty() {
            return Ok(());
        }
        token_families::revoke_all(&change, &family).await?;
        let detail = named("revoked tokens", &family);
        tracing::warn!(token.id = %token.id, "a revoked token was presented for rotation: {detail}");
        let event = AuditEvent::new(AuditAction::TokenReused, &token.id);
        Ok(change
            .commit(&Grant::service(), event.with_detail(detail))
            .await?)
    }
}
