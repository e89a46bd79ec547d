//! Making a user.

use crate::app::desk::Desk;
use crate::app::error::ChangeError;
use crate::domain::authority::Authority;
use crate::domain::events::{AuditAction, AuditEvent};
use crate::domain::ids::UserId;
use crate::domain::namespaces::visibility::Visibility;
use crate::domain::namespaces::{NamespaceKind, Occupied};
use crate::domain::text::DisplayName;
use crate::domain::users::password::NewPassword;
use crate::domain::users::username::Username;
use crate::domain::users::{EmailAddress, User};
use crate::storage::namespaces::NamespaceRecord;
use crate::storage::{Change, Source, namespaces, users};

/// What one chooses for a user.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The name it signs in with.
    pub username: Username,
    /// The name people read; the user name if there is none.
    pub name: Option<DisplayName>,
    /// The address, which also signs in.
    pub email: Option<EmailAddress>,
    /// Whether everything is theirs.
    pub admin: bool,
    /// Whether internal projects are closed to them.
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
    ) -> Result<User, ChangeError> {
        let grant = authority.administer()?;
        let row = self.user_row(new).await?;
        let change = self.begin().await?;
        let user = insert(&change, row).await?;
        change
            .commit(
                &grant,
                AuditEvent::new(AuditAction::UserCreated, &user.username),
            )
            .await?;
        Ok(user)
    }

    /// The row for a new user; hashes the password, so that no change is under way meanwhile.
    pub(in crate::app) async fn user_row(
        &self,
        new: NewUser,
    ) -> Result<users::UserRecord, ChangeError> {
        let password = match new.password {
            None => None,
            Some(password) => Some(self.passwords.hash(password.into()).await?),
        };
        Ok(users::UserRecord {
            name: new
                .name
                .map_or_else(|| new.username.to_string(), String::from),
            username: new.username,
            email: new.email,
            admin: new.admin,
            external: new.external,
            password,
        })
    }
}

/// Inserts a user and their namespace.
///
/// A deleted user's name is free for this, because only administrators make users; what was kept
/// directly under it is the new user's then. What was a group's is never a user's.
pub(in crate::app) async fn insert(
    change: &Change,
    row: users::UserRecord,
) -> Result<User, ChangeError> {
    let path = row.username.namespace();
    match namespaces::occupant(change, &path).await? {
        None | Some(Occupied::Tombstone(NamespaceKind::User)) => {}
        Some(Occupied::Live(_) | Occupied::Tombstone(_)) => {
            let by = "user names and top-level groups, also deleted ones, share one name space";
            return Err(ChangeError::Taken {
                name: path.to_string(),
                by,
            });
        }
    }
    check_address_is_free(change, row.email.as_ref(), None).await?;
    let user = users::insert(change, row).await?;
    let own = NamespaceRecord {
        kind: NamespaceKind::User,
        path,
        visibility: Visibility::Private,
        parent: None,
        name: Some(user.name.clone()),
        description: None,
    };
    namespaces::insert(change, own).await?;
    Ok(user)
}

/// Refuses an address that another than `owner` has.
pub(in crate::app) async fn check_address_is_free(
    source: &impl Source,
    email: Option<&EmailAddress>,
    owner: Option<UserId>,
) -> Result<(), ChangeError> {
    let Some(email) = email else {
        return Ok(());
    };
    match users::account_by_email(source, email).await? {
        Some(account) if Some(account.user.id) != owner => Err(ChangeError::Taken {
            name: email.to_string(),
            by: "another user has this address",
        }),
        _ => Ok(()),
    }
}
