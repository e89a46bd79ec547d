//! Revoking a personal access token.

use crate::app::access_tokens::find::access_token_for;
use crate::app::desk::Desk;
use crate::app::error::ChangeError;
use crate::domain::access_tokens::AccessToken;
use crate::domain::authority::Authority;
use crate::domain::events::{AuditAction, AuditEvent};
use crate::domain::ids::AccessTokenId;
use crate::storage::Change;
use crate::storage::access_tokens::families;

/// Most tokens that the audit log names one by one.
const MOST_NAMED: usize = 50;

impl Desk {
    /// Revokes a token: it stops working at the next request.
    ///
    /// With it go the tokens that were made with it, and those whose place it took and that still
    /// work beside it. Revoking it again changes nothing and is no error.
    #[tracing::instrument(name = "app.revoke_access_token", skip_all)]
    pub async fn revoke_access_token(
        &self,
        authority: &Authority,
        id: AccessTokenId,
    ) -> Result<AccessToken, ChangeError> {
        let change = self.begin().await?;
        let token = access_token_for(&change, authority, id).await?;
        let grant = authority.act_for(token.user_id)?;
        let Ok(revoked) = token.clone().revoke(change.now()) else {
            return Ok(token);
        };
        let others = going_with(&change, &token).await?;
        families::revoke_all(&change, &[&[id], others.as_slice()].concat()).await?;
        let event = AuditEvent::new(AuditAction::TokenRevoked, &id);
        change
            .commit(&grant, event.with_detail(named("with tokens", &others)))
            .await?;
        Ok(revoked)
    }
}

/// What is revoked together with `token`.
async fn going_with(
    change: &Change,
    token: &AccessToken,
) -> Result<Vec<AccessTokenId>, ChangeError> {
    let mut others = families::in_grace_before(change, token).await?;
    let makers = [&[token.id], others.as_slice()].concat();
    others.extend(families::made_with(change, &makers).await?);
    Ok(others)
}

/// Tokens by their ids, for the audit log; nothing if there are none.
pub(in crate::app) fn named(what: &str, tokens: &[AccessTokenId]) -> String {
    if tokens.is_empty() {
        return String::new();
    }
    let ids: Vec<String> = tokens
        .iter()
        .take(MOST_NAMED)
        .map(ToString::to_string)
        .collect();
    let rest = match tokens.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        rest => format!(" and {rest} more"),
    };
    format!("{what} {}{rest}", ids.join(", "))
}
