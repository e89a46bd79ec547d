//! Revoking a personal access token.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::domain::access_tokens::AccessToken;
use crate::domain::authority::Authority;
use crate::domain::events::detail::Detail;
use crate::domain::events::{Event, EventAction};
use crate::domain::ids::AccessTokenId;
use crate::storage::access_tokens::families;
use crate::storage::{Change, GrantedEvent, access_tokens};

impl Desk {
    /// Revokes a token: it stops working, on each instance within a second.
    ///
    /// The tokens that were made with it are revoked too, and those that it replaced and that still work in
    /// their grace. Revoking it again changes nothing and is no error.
    #[tracing::instrument(name = "app.revoke_access_token", skip_all, fields(id = %id))]
    pub async fn revoke_access_token(
        &self,
        authority: &Authority,
        id: AccessTokenId,
    ) -> Result<AccessToken, DeskError> {
        let change = self.begin(authority).await?;
        let (token, event) = revoke(&change, id).await?;
        change.commit(event).await?;
        Ok(token)
    }
}

/// Revokes a token and those that are revoked with it. No event comes back if it was revoked already.
pub(in crate::app) async fn revoke(
    change: &Change,
    id: AccessTokenId,
) -> Result<(AccessToken, Option<GrantedEvent>), DeskError> {
    // GitLab says of this request alone that there is no such token (docs/gitlab-api.md §2.2).
    let found = access_tokens::find(change, id).await?;
    let token = found.ok_or_else(|| DeskError::not_found("personal access token", &id))?;
    let grant = change.grant(|authority| authority.act_for(token.user_id))?;
    let Ok(revoked) = token.clone().revoke(change.now()) else {
        return Ok((token, None));
    };
    let others = going_with(change, &token).await?;
    families::revoke_all(change, &[&[id], others.as_slice()].concat()).await?;
    let detail = Detail::AccessTokenRevoked {
        revoked_with: others.as_slice().into(),
    };
    let event = Event::new(EventAction::AccessTokenRevoked, &token, detail);
    Ok((revoked, Some(grant.event(event))))
}

/// The tokens that are revoked together with `token`.
async fn going_with(change: &Change, token: &AccessToken) -> Result<Vec<AccessTokenId>, DeskError> {
    let mut others = families::in_grace_before(change, token).await?;
    let makers = [&[token.id], others.as_slice()].concat();
    others.extend(families::made_with(change, &makers).await?);
    Ok(others)
}
