//! Revoking a refresh token.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::refresh_tokens::find::refresh_token_for;
use crate::domain::authority::Authority;
use crate::domain::events::detail::Detail;
use crate::domain::events::{Event, EventAction};
use crate::domain::ids::RefreshTokenId;
use crate::storage::{Change, GrantedEvent, refresh_tokens};

impl Desk {
    /// Revokes a refresh token; revoking it again is no error.
    #[tracing::instrument(name = "app.revoke_refresh_token", skip_all, fields(token.id = %id))]
    pub async fn revoke_refresh_token(
        &self,
        authority: &Authority,
        id: RefreshTokenId,
    ) -> Result<(), DeskError> {
        let change = self.begin(authority).await?;
        let event = revoke(&change, id).await?;
        Ok(change.commit(event).await?)
    }
}

/// Revokes a refresh token. No event comes back if it was revoked already.
pub(in crate::app) async fn revoke(
    change: &Change,
    id: RefreshTokenId,
) -> Result<Option<GrantedEvent>, DeskError> {
    let token = refresh_token_for(change, change.authority(), id).await?;
    let grant = change.grant(|authority| authority.act_for(token.user_id))?;
    if token.revoked_at.is_some() {
        return Ok(None);
    }
    refresh_tokens::revoke(change, (id, token.user_id)).await?;
    let event = Event::new(EventAction::RefreshTokenRevoked, &token, Detail::nothing());
    Ok(Some(grant.event(event)))
}
