//! Changing a user.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::users::address::check_address_is_free;
use crate::app::users::find::{user_for, whole};
use crate::app::users::rules::{keep_an_administrator, replace_password};
use crate::domain::authority::Authority;
use crate::domain::events::detail::{Changes, Detail};
use crate::domain::events::{Event, EventAction};
use crate::domain::namespaces::{Namespace, Occupied};
use crate::domain::text::DisplayName;
use crate::domain::users::password::{NewPassword, PasswordHash};
use crate::domain::users::reference::UserReference;
use crate::domain::users::{EmailAddress, User, VisibleUser};
use crate::storage::{Change, GrantedEvent, Source, namespaces, users};

/// A change to a user; fields that are left out stay as they are.
#[derive(Debug, Clone, Default)]
pub struct UserChange {
    /// The user name; only the one that the user has is accepted.
    pub username: Option<String>,
    /// Another name for people.
    pub name: Option<DisplayName>,
    /// Another address, or none.
    pub email: Option<Option<EmailAddress>>,
    /// True to make them an administrator, false to end that.
    pub admin: Option<bool>,
    /// True to close internal groups and projects to them, false to open them.
    pub external: Option<bool>,
    /// Another password; logins with the old one end, and a user who did not choose it is to choose another.
    pub password: Option<NewPassword>,
}

impl Desk {
    /// Changes a user; all of the change is made, or nothing.
    #[tracing::instrument(name = "app.change_user", skip_all)]
    pub async fn change_user(
        &self,
        authority: &Authority,
        reference: &UserReference,
        mut wanted: UserChange,
    ) -> Result<VisibleUser, DeskError> {
        authority.require_administrator()?;
        // The password is hashed first, because a change must not wait for it.
        let hash = match wanted.password.take() {
            None => None,
            Some(password) => {
                let user = user_for(&self.db, reference).await?;
                let email = wanted.email.clone().unwrap_or(user.email);
                password.check_differs_from(&user.username, email.as_ref())?;
                Some(self.passwords.hash(password.into()).await?)
            }
        };
        let change = self.begin(authority).await?;
        let (user, event) = change_user(&change, reference, wanted, hash.as_ref()).await?;
        let user = whole(&change, user).await?;
        change.commit(event).await?;
        Ok(user)
    }
}

/// Changes a user, and the hash of their password; administrators only. No event comes back if
/// nothing becomes different.
pub(in crate::app) async fn change_user(
    change: &Change,
    reference: &UserReference,
    wanted: UserChange,
    hash: Option<&PasswordHash>,
) -> Result<(User, Option<GrantedEvent>), DeskError> {
    let was = user_for(change, reference).await?;
    let is_demotion = was.admin && wanted.admin == Some(false);
    let grant = change.grant(|authority| {
        if hash.is_some() || is_demotion {
            authority.weaken_sign_in_of(&was)
        } else {
            authority.require_administrator()
        }
    })?;
    let to = changed(change, &was, wanted).await?;
    if to == was && hash.is_none() {
        return Ok((was, None));
    }
    users::save(change, &to).await?;
    if to.name != was.name {
        rename_own_namespace(change, &to).await?;
    }
    if let Some(hash) = hash {
        replace_password(change, to.id, hash).await?;
    }
    // A new password is found by its name, also if it came with other changes.
    let action = if hash.is_some() {
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

/// Gives a user's own namespace their name, as it had it when they were made.
async fn rename_own_namespace(change: &Change, user: &User) -> Result<(), DeskError> {
    let path = user.username.namespace();
    if let Some(Occupied::Live(was)) = namespaces::occupant(change, &path).await? {
        let own = Namespace {
            name: user.name.clone(),
            ..was.clone()
        };
        namespaces::save(change, &was, &own).await?;
    }
    Ok(())
}

/// The user after the change, if it is allowed.
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
    if !to.admin {
        keep_an_administrator(source, was, "demoted").await?;
    }
    Ok(to)
}
