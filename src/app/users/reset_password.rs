//! A new password for a user.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::users::find::user_for;
use crate::app::users::rules::replace_password;
use crate::domain::authority::Authority;
use crate::domain::events::detail::Detail;
use crate::domain::events::{Event, EventAction};
use crate::domain::users::password::NewPassword;
use crate::domain::users::password::PasswordHash;
use crate::domain::users::reference::UserReference;
use crate::storage::{Change, GrantedEvent};

impl Desk {
    /// Replaces a user's password, or gives one to a user without. They are to choose another one when they sign in.
    #[tracing::instrument(name = "app.reset_password", skip_all)]
    pub async fn reset_password(
        &self,
        authority: &Authority,
        reference: &UserReference,
        password: NewPassword,
    ) -> Result<(), DeskError> {
        authority.require_administrator()?;
        let user = user_for(&self.db, reference).await?;
        password.check_differs_from(&user.username, user.email.as_ref())?;
        let hash = self.passwords.hash(password.into()).await?;
        let change = self.begin(authority).await?;
        let event = reset_password(&change, reference, &hash).await?;
        Ok(change.commit([event]).await?)
    }
}

/// Replaces a user's password; administrators only. Logins with the old one end.
pub(in crate::app) async fn reset_password(
    change: &Change,
    reference: &UserReference,
    hash: &PasswordHash,
) -> Result<GrantedEvent, DeskError> {
    let user = user_for(change, reference).await?;
    let grant = change.grant(|authority| authority.weaken_sign_in_of(&user))?;
    replace_password(change, user.id, hash).await?;
    let event = Event::new(EventAction::PasswordChanged, &user, Detail::nothing());
    Ok(grant.event(event))
}
