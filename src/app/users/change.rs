//! Changing what was chosen for a user.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::users::create::check_address_is_free;
use crate::domain::authority::Authority;
use crate::domain::events::detail::{Changes, Detail};
use crate::domain::events::{Event, EventAction};
use crate::domain::ids::UserId;
use crate::domain::text::DisplayName;
use crate::domain::users::password::{NewPassword, PasswordHash};
use crate::domain::users::{EmailAddress, User, UserState};
use crate::storage::{Change, GrantedEvent, Source, refresh_tokens, users};

/// What is to be changed of a user; what is left out stays.
#[derive(Debug, Clone, Default)]
pub struct UserChange {
    /// The user name; only the one that the user has is accepted.
    pub username: Option<String>,
    /// Another name for people.
    pub name: Option<DisplayName>,
    /// Another address, or none.
    pub email: Option<Option<EmailAddress>>,
    /// Whether everything is theirs.
    pub admin: Option<bool>,
    /// Whether internal projects are closed to them.
    pub external: Option<bool>,
    /// Another password; whoever logged in with the old one is out.
    pub password: Option<NewPassword>,
}

impl Desk {
    /// Changes a user, all of it or nothing.
    #[tracing::instrument(name = "app.change_user", skip_all, fields(user.id = %id))]
    pub async fn change_user(
        &self,
        authority: &Authority,
        id: UserId,
        mut wanted: UserChange,
    ) -> Result<User, DeskError> {
        authority.require_administrator()?;
        // Hashed first, so that no change is under way meanwhile.
        let hash = match wanted.password.take() {
            None => None,
            Some(password) => Some(self.passwords.hash(password.into()).await?),
        };
        let change = self.begin(authority).await?;
        let (user, event) = change_user(&change, id, wanted, hash.as_ref()).await?;
        change.commit(event).await?;
        Ok(user)
    }
}

/// Changes a user, and the hash of their password; administrators only. Without an event if nothing
/// becomes another.
pub(in crate::app) async fn change_user(
    change: &Change,
    id: UserId,
    wanted: UserChange,
    hash: Option<&PasswordHash>,
) -> Result<(User, Option<GrantedEvent>), DeskError> {
    let grant = change.grant(Authority::require_administrator)?;
    let was = users::find(change, id)
        .await?
        .ok_or_else(|| DeskError::not_found("user", &id))?;
    let to = changed(change, &was, wanted).await?;
    if to == was && hash.is_none() {
        return Ok((was, None));
    }
    users::save(change, &to).await?;
    if let Some(hash) = hash {
        users::set_password(change, id, hash).await?;
        refresh_tokens::revoke_all(change, id).await?;
    }
    let action = if to == was {
        EventAction::PasswordChanged
    } else {
        EventAction::UserChanged
    };
    let email = |user: &User| user.email.as_ref().map(ToString::to_string);
    let changes = Changes::default()
        .of("name", was.name.as_str(), to.name.as_str())
        .of("email", email(&was), email(&to))
        .of("admin", was.admin, to.admin)
        .of("external", was.external, to.external)
        .of_secret("password", hash.is_some());
    let event = Event::new(action, &to, Detail::Changed { changes });
    Ok((to, Some(grant.event(event))))
}

/// The user as it will be, if it may be so.
async fn changed(source: &impl Source, was: &User, wanted: UserChange) -> Result<User, DeskError> {
    if let Some(username) = wanted.username
        && !username.eq_ignore_ascii_case(was.username.as_str())
    {
        return Err(DeskError::Invalid {
            field: "username",
            problem: "does not change: images are kept under it; make another user".to_owned(),
        });
    }
    let mut to = was.clone();
    if let Some(name) = wanted.name {
        to.name = name.into();
    }
    if let Some(email) = wanted.email {
        check_address_is_free(source, email.as_ref(), Some(was.id)).await?;
        to.email = email;
    }
    to.admin = wanted.admin.unwrap_or(was.admin);
    to.external = wanted.external.unwrap_or(was.external);
    let is_demoted = was.admin && !to.admin && was.state == UserState::Active;
    if is_demoted && !users::another_administrator(source, was.id).await? {
        return Err(DeskError::refused(
            "the last administrator cannot be demoted",
        ));
    }
    Ok(to)
}
