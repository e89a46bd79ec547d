//! Renaming, describing, shortening and narrowing a personal access token.

use crate::app::access_tokens::find::access_token_for;
use crate::app::access_tokens::graces::end_graces_before;
use crate::app::access_tokens::maker::end_of_maker;
use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::domain::access_tokens::policy::{AccessTokenPolicy, WantedEnd};
use crate::domain::access_tokens::scope::AccessTokenScope;
use crate::domain::access_tokens::{AccessToken, AccessTokenChange, AccessTokenSpecification};
use crate::domain::authority::Authority;
use crate::domain::events::detail::Detail;
use crate::domain::events::{Event, EventAction};
use crate::domain::expiry::outlasts;
use crate::domain::ids::AccessTokenId;
use crate::storage::access_tokens::families;
use crate::storage::{Change, GrantedEvent, access_tokens};

impl Desk {
    /// Renames, describes, shortens or narrows a token; it never gets to do more.
    #[tracing::instrument(name = "app.change_access_token", skip_all, fields(id = %id))]
    pub async fn change_access_token(
        &self,
        authority: &Authority,
        id: AccessTokenId,
        wanted: AccessTokenChange,
    ) -> Result<AccessToken, DeskError> {
        let change = self.begin(authority).await?;
        let (token, event) = change_access_token(&change, &self.policy, id, wanted).await?;
        change.commit(event).await?;
        Ok(token)
    }
}

/// Renames, describes, shortens or narrows a token; it never gets to do more. No event comes back if nothing becomes different.
pub(in crate::app) async fn change_access_token(
    change: &Change,
    policy: &AccessTokenPolicy,
    id: AccessTokenId,
    wanted: AccessTokenChange,
) -> Result<(AccessToken, Option<GrantedEvent>), DeskError> {
    let token = access_token_for(change, change.authority(), id).await?;
    let grant = change.grant(|authority| authority.act_for(token.user_id))?;
    let end = wanted.end.other_than(token.specification.expiry());
    let wanted = AccessTokenChange { end, ..wanted };
    let specification = token.specification.changed(wanted)?;
    if let WantedEnd::At(end) = end {
        let maker = end_of_maker(change, &token).await?;
        policy.permitted(end, maker, change.now())?;
    }
    if specification == token.specification {
        return Ok((token, None));
    }
    if token.is_revoked(change.now()) && !specification.is_limited_as(&token.specification) {
        // A yes would be taken for the end of it, while the token that took its place goes on.
        return Err(DeskError::refused(
            "the token was already revoked; limit the one that took its place, if one did",
        ));
    }
    access_tokens::save_specification(change, id, &specification).await?;
    let mut shortened = shorten_dependents(change, &token, &specification).await?;
    let revoked = revoke_made_with(change, &token, &specification).await?;
    shortened.retain(|id| !revoked.contains(id));
    let detail =
        Detail::access_token_changed(&token.specification, &specification, (&revoked, &shortened));
    let changed = AccessToken {
        specification,
        ..token
    };
    let event = Event::new(EventAction::AccessTokenChanged, &changed, detail);
    Ok((changed, Some(grant.event(event))))
}

/// Shortens what hangs on a token whose end moves earlier, so that nothing of it ends later, and returns what was shortened: the
/// tokens that were made with it, those whose place it took and that work on in their grace (whatever ends the new token by hand ends
/// what works beside it), and what these made. A rotation leaves alone what the token made
/// ([decision 9](../../../docs/adr/0009-tokens-have-families.md)), and so does every other change of the token that took the place of
/// their maker.
async fn shorten_dependents(
    change: &Change,
    token: &AccessToken,
    changed: &AccessTokenSpecification,
) -> Result<Vec<AccessTokenId>, DeskError> {
    let end = changed.expiry();
    let Some(end) = end.filter(|_| outlasts(token.specification.expiry(), end)) else {
        return Ok(Vec::new());
    };
    let mut shortened = families::shorten_made_with(change, token.id, end).await?;
    shortened.extend(end_graces_before(change, token, end).await?);
    Ok(shortened)
}

/// Revokes the tokens that were made with a token that no longer has `api`, without which it could not have
/// made them, and returns them.
async fn revoke_made_with(
    change: &Change,
    maker: &AccessToken,
    changed: &AccessTokenSpecification,
) -> Result<Vec<AccessTokenId>, DeskError> {
    if changed.scopes().contains(AccessTokenScope::Api) {
        return Ok(Vec::new());
    }
    let made = families::made_with(change, &[maker.id]).await?;
    families::revoke_all(change, &made).await?;
    Ok(made)
}
