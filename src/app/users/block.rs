//! Blocking and unblocking a user.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::users::find::{user_for, whole};
use crate::app::users::rules::{end_logins, keep_an_administrator};
use crate::domain::authority::{Authority, Refusal};
use crate::domain::events::detail::{Changes, Detail};
use crate::domain::events::{Event, EventAction};
use crate::domain::users::reference::UserReference;
use crate::domain::users::{User, UserState, VisibleUser};
use crate::storage::{Change, GrantedEvent, users};

impl Desk {
    /// Blocks a user: neither password nor tokens work any more, on each instance within a second. Refresh tokens and sessions end
    /// for good; personal access tokens work again after an unblock.
    #[tracing::instrument(name = "app.block_user", skip_all)]
    pub async fn block_user(
        &self,
        authority: &Authority,
        reference: &UserReference,
    ) -> Result<VisibleUser, DeskError> {
        self.set_user_state(authority, reference, UserState::Blocked)
            .await
    }

    /// Lets a blocked user sign in again.
    #[tracing::instrument(name = "app.unblock_user", skip_all)]
    pub async fn unblock_user(
        &self,
        authority: &Authority,
        reference: &UserReference,
    ) -> Result<VisibleUser, DeskError> {
        self.set_user_state(authority, reference, UserState::Active)
            .await
    }

    async fn set_user_state(
        &self,
        authority: &Authority,
        reference: &UserReference,
        state: UserState,
    ) -> Result<VisibleUser, DeskError> {
        authority.require_administrator()?;
        let change = self.begin(authority).await?;
        let (user, event) = set_state(&change, reference, state).await?;
        let user = whole(&change, user).await?;
        change.commit(event).await?;
        Ok(user)
    }
}

/// Blocks a user or lets them sign in again; administrators only, and nobody blocks themselves. No event comes back if they are in
/// that state already.
pub(in crate::app) async fn set_state(
    change: &Change,
    reference: &UserReference,
    state: UserState,
) -> Result<(User, Option<GrantedEvent>), DeskError> {
    let grant = change.grant(Authority::require_administrator)?;
    let user = user_for(change, reference).await?;
    if user.state == state {
        return Ok((user, None));
    }
    let action = match state {
        UserState::Active => EventAction::UserUnblocked,
        UserState::Blocked if change.authority().user() == Some(user.id) => {
            return Err(Refusal::OwnBlock.into());
        }
        UserState::Blocked => {
            keep_an_administrator(change, &user, "blocked").await?;
            end_logins(change, user.id, None).await?;
            EventAction::UserBlocked
        }
    };
    users::set_state(change, user.id, state).await?;
    let changes = Changes::default().of("state", user.state.name(), state.name());
    let event = Event::new(action, &user, Detail::Changed { changes });
    Ok((User { state, ..user }, Some(grant.event(event))))
}
