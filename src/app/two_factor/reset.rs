//! Turning off the two-factor authentication of somebody who lost their device.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::users::find::{user_for, whole};
use crate::domain::authority::Authority;
use crate::domain::events::detail::Detail;
use crate::domain::events::{Event, EventAction};
use crate::domain::users::reference::UserReference;
use crate::domain::users::{User, VisibleUser};
use crate::storage::{Change, GrantedEvent, two_factor};

impl Desk {
    /// Turns off the two-factor authentication of a user, or ends their set-up: their password alone signs them in again. Administrators do it for
    /// others than administrators, and the command line for everybody.
    #[tracing::instrument(name = "app.reset_two_factor", skip_all)]
    pub async fn reset_two_factor(
        &self,
        authority: &Authority,
        reference: &UserReference,
    ) -> Result<VisibleUser, DeskError> {
        authority.require_administrator()?;
        let change = self.begin(authority).await?;
        let (user, event) = reset(&change, reference).await?;
        let user = whole(&change, user).await?;
        change.commit([event]).await?;
        Ok(user)
    }
}

/// Turns off the two-factor authentication of a user, which must be on or begun.
pub(in crate::app) async fn reset(
    change: &Change,
    reference: &UserReference,
) -> Result<(User, GrantedEvent), DeskError> {
    let user = user_for(change, reference).await?;
    let grant = change.grant(|authority| authority.reset_two_factor_of(&user))?;
    let detail = if user.two_factor {
        Detail::nothing()
    } else if two_factor::find(change, user.id).await?.is_some() {
        let remark = "a set-up that was not confirmed";
        Detail::Remark { remark }
    } else {
        return Err(DeskError::refused(
            "two-factor authentication is not enabled for this user",
        ));
    };
    two_factor::turn_off(change, user.id).await?;
    let event = Event::new(EventAction::TwoFactorReset, &user, detail);
    let user = User {
        two_factor: false,
        ..user
    };
    Ok((user, grant.event(event)))
}
