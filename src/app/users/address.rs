//! E-mail addresses, of which each belongs to one user.

use crate::app::error::DeskError;
use crate::domain::ids::UserId;
use crate::domain::users::EmailAddress;
use crate::storage::{Source, users};

/// Refuses an address that another than `owner` has.
pub(super) async fn check_address_is_free(
    source: &impl Source,
    email: Option<&EmailAddress>,
    owner: Option<UserId>,
) -> Result<(), DeskError> {
    let Some(email) = email else {
        return Ok(());
    };
    match users::account_by_email(source, email).await? {
        Some(account) if Some(account.user.id) != owner => Err(DeskError::Taken {
            field: "email",
            name: email.to_string(),
            by: "another user has this address",
        }),
        _ => Ok(()),
    }
}
