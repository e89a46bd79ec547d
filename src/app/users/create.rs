//! Making a user.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::users::address::check_address_is_free;
use crate::domain::authority::Authority;
use crate::domain::events::detail::Detail;
use crate::domain::events::{Event, EventAction};
use crate::domain::ids::NamespaceId;
use crate::domain::namespaces::visibility::Visibility;
use crate::domain::namespaces::{NamespaceKind, Occupied};
use crate::domain::text::DisplayName;
use crate::domain::users::password::NewPassword;
use crate::domain::users::username::Username;
use crate::domain::users::{EmailAddress, User, VisibleUser};
use crate::storage::namespaces::NamespaceRecord;
use crate::storage::users::UserRecord;
use crate::storage::{Change, GrantedEvent, namespaces, users};

/// A user who is to be made.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The name for signing in.
    pub username: Username,
    /// The name that people read; without one, the user name.
    pub name: Option<DisplayName>,
    /// The e-mail address, if there is one; it also signs in.
    pub email: Option<EmailAddress>,
    /// True if they may do everything on every path.
    pub admin: bool,
    /// True if internal groups and projects are closed to them.
    pub external: bool,
    /// The password; without one, only tokens sign in.
    pub password: Option<NewPassword>,
}

impl Desk {
    /// Makes a user, and the namespace that bears their name.
    #[tracing::instrument(name = "app.create_user", skip_all)]
    pub async fn create_user(
        &self,
        authority: &Authority,
        new: NewUser,
    ) -> Result<VisibleUser, DeskError> {
        authority.require_administrator()?;
        // An administrator knows the password that they give; whoever types one at the command line may be its user.
        let password = match authority.user() {
            Some(_) => new.password.map(NewPassword::as_temporary),
            None => new.password,
        };
        let record = self.user_record(NewUser { password, ..new }).await?;
        let change = self.begin(authority).await?;
        let (user, own, event) = create(&change, record).await?;
        change.commit([event]).await?;
        // Nothing is asked for any more: if it failed, nobody would learn a random password.
        Ok(VisibleUser::Whole(user, Some(own)))
    }

    /// The record of a new user. Hashes the password, which a change must not wait for.
    pub(in crate::app) async fn user_record(&self, new: NewUser) -> Result<UserRecord, DeskError> {
        let password_is_temporary = new.password.as_ref().is_some_and(NewPassword::is_temporary);
        let password = match new.password {
            None => None,
            Some(password) => {
                password.check_differs_from(&new.username, new.email.as_ref())?;
                Some(self.passwords.hash(password.into()).await?)
            }
        };
        Ok(UserRecord {
            name: new
                .name
                .map_or_else(|| new.username.to_string(), String::from),
            username: new.username,
            email: new.email,
            admin: new.admin,
            external: new.external,
            password,
            password_is_temporary,
        })
    }
}

/// Makes a user and their namespace, whose id is told too; administrators only.
///
/// A deleted user's name is free for this, because only administrators make users; images directly
/// under it belong to the new user then. A name that was a group's never becomes a user's.
pub(in crate::app) async fn create(
    change: &Change,
    record: UserRecord,
) -> Result<(User, NamespaceId, GrantedEvent), DeskError> {
    let grant = change.grant(Authority::require_administrator)?;
    let path = record.username.namespace();
    match namespaces::occupant(change, &path).await? {
        None | Some(Occupied::Tombstone(NamespaceKind::User)) => {}
        Some(Occupied::Live(_) | Occupied::Tombstone(_)) => {
            let by = "user names and top-level groups, also deleted ones, share one name space";
            return Err(DeskError::Taken {
                field: "username",
                name: path.to_string(),
                by,
            });
        }
    }
    check_address_is_free(change, record.email.as_ref(), None).await?;
    let detail = Detail::UserCreated {
        admin: record.admin,
        external: record.external,
        email: record.email.as_ref().map(ToString::to_string),
    };
    let user = users::insert(change, record).await?;
    let own = NamespaceRecord {
        kind: NamespaceKind::User,
        path,
        visibility: Visibility::Private,
        parent: None,
        name: Some(user.name.clone()),
        description: None,
    };
    let own = namespaces::insert(change, own).await?;
    let event = Event::new(EventAction::UserCreated, &user, detail);
    Ok((user, own.id, grant.event(event)))
}
