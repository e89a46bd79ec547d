//! Rules that hold for every change of a user.

use crate::app::error::DeskError;
use crate::domain::ids::{SessionId, UserId};
use crate::domain::users::password::PasswordHash;
use crate::domain::users::{User, UserState};
use crate::storage::{Change, Source, StorageError, refresh_tokens, sessions, users};

/// Gives a user another password, and ends what came of logins with the old one, but for the session that the caller works in. A password
/// that somebody else made is temporary: the user is to choose another one when they sign in.
pub(super) async fn replace_password(
    change: &Change,
    user: UserId,
    hash: &PasswordHash,
) -> Result<(), StorageError> {
    let authority = change.authority();
    if authority.user() == Some(user) {
        users::set_password(change, user, hash).await?;
    } else {
        users::set_temporary_password(change, user, hash).await?;
    }
    end_logins(change, user, authority.session()).await
}

/// Ends what came of a user's logins: their refresh tokens, and their sessions but for the one that is `kept`.
pub(super) async fn end_logins(
    change: &Change,
    user: UserId,
    kept: Option<SessionId>,
) -> Result<(), StorageError> {
    refresh_tokens::revoke_all(change, user).await?;
    sessions::remove_all_of(change, user, kept).await
}

/// Refuses that a user is demoted, blocked or removed (the word is `done`) who is the last administrator: nobody could do anything about it
/// without the command line. One who is blocked is none that is left.
pub(super) async fn keep_an_administrator(
    source: &impl Source,
    user: &User,
    done: &str,
) -> Result<(), DeskError> {
    let counts = user.admin && user.state == UserState::Active;
    if counts && !users::has_administrator(source, Some(user.id)).await? {
        let problem = format!("the last administrator cannot be {done}");
        return Err(DeskError::refused(problem));
    }
    Ok(())
}
