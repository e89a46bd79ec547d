//! Passwords as credentials.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};

use crate::domain::authority::cause::Cause;
use crate::domain::users::password::PasswordHash;
use crate::domain::users::username::Username;
use crate::domain::users::{EmailAddress, User, UserState};
use crate::identity::error::{AuthenticationError, RefusedCredential};
use crate::identity::identified::FollowUp;
use crate::identity::password::Passwords;
use crate::identity::throttle::Throttle;
use crate::storage::users::Account;
use crate::storage::{Db, Look, StorageError, users};

/// A user whose password was right.
#[derive(Debug)]
pub struct PasswordOwner {
    /// The user.
    pub user: User,
    /// The hash that the password matched.
    pub hash: PasswordHash,
    /// The work to do after the caller was identified.
    pub follow_up: Option<FollowUp>,
}

/// The user of a password, unless `forbidden` names a cause against them.
///
/// The account is `found` by the name once an attempt is free. A refusal takes as long and counts as much whatever its cause: nobody learns from it if there is such a user, or if the
/// password was right.
pub(super) async fn user_of(
    found: impl Future<Output = Result<Option<Account>, StorageError>>,
    (passwords, throttle): (&Passwords, &Throttle),
    (name, password): (&str, &SecretString),
    (address, now): (Option<IpAddr>, DateTime<Utc>),
    forbidden: impl FnOnce(&User) -> Option<Cause>,
) -> Result<PasswordOwner, RefusedCredential> {
    let attempt = throttle.attempt(address, name, now);
    let attempt = attempt.map_err(|wait| AuthenticationError::Throttled(wait, None))?;
    let account = found.await?;
    let hash = account
        .as_ref()
        .and_then(|account| account.password.clone());
    let checked = hash.as_ref().unwrap_or(passwords.decoy()).as_phc();
    let tried = throttle.of_password(attempt, (name, checked), password.expose_secret());
    // A password that was refused for this hash costs its network no second computation, and counts once.
    let known = throttle.fits(tried);
    let (fits, _under_way) = if let Some(fits) = known {
        (fits, None)
    } else {
        let turn = passwords.turn(attempt.place).await?;
        let under_way = throttle.check(attempt, tried, now);
        let under_way = under_way.map_err(|wait| AuthenticationError::Throttled(wait, None))?;
        let verified = passwords.verify(turn, password.clone(), hash.clone());
        let (fits, turn) = verified.await?;
        (fits, Some((under_way, turn)))
    };
    match judged(account, fits, forbidden) {
        Ok((user, hash)) => {
            throttle.succeeded(attempt, now);
            let is_outdated = passwords.is_outdated(&hash);
            let follow_up = is_outdated.then(|| FollowUp::Rehash(password.clone()));
            Ok(PasswordOwner {
                user,
                hash,
                follow_up,
            })
        }
        Err(refused) => {
            if known.is_none() {
                throttle.failed(attempt, tried, now);
            }
            throttle.note_refused(tried, fits);
            Err(refused)
        }
    }
}

/// The user of a password that `matched` this hash a moment ago, in the same request; none if they have another one by now, so that
/// it is to be computed again.
pub(super) fn still_user_of(
    account: Option<Account>,
    matched: &PasswordHash,
    forbidden: impl FnOnce(&User) -> Option<Cause>,
) -> Result<Option<PasswordOwner>, RefusedCredential> {
    let hash = account
        .as_ref()
        .and_then(|account| account.password.as_ref());
    if hash != Some(matched) {
        return Ok(None);
    }
    let (user, hash) = judged(account, true, forbidden)?;
    Ok(Some(PasswordOwner {
        user,
        hash,
        follow_up: None,
    }))
}

/// The user and the hash, if the password fits and nothing is against it.
fn judged(
    account: Option<Account>,
    fits: bool,
    forbidden: impl FnOnce(&User) -> Option<Cause>,
) -> Result<(User, PasswordHash), RefusedCredential> {
    let Account { user, password, .. } = account.ok_or(Cause::UnknownUser)?;
    let Some(hash) = password else {
        return Err(RefusedCredential::of(&user, Cause::NoPassword));
    };
    let cause = match (fits, user.state) {
        (false, _) => Some(Cause::WrongPassword),
        (true, UserState::Blocked) => Some(Cause::BlockedUser),
        (true, UserState::Active) => forbidden(&user),
    };
    match cause {
        Some(cause) => Err(RefusedCredential::of(&user, cause)),
        None => Ok((user, hash)),
    }
}

/// The account of a user name or e-mail address, in any letter case.
pub(super) async fn account(db: &Db, name: &str) -> Result<Option<Account>, StorageError> {
    if let Ok(username) = Username::try_from(name) {
        users::account_by_username(db, &username).await
    } else if let Ok(email) = EmailAddress::stored(name) {
        users::account_by_email(db, &email).await
    } else {
        Ok(None)
    }
}

/// The account of a user name or e-mail address, as a request sees it that looks at the directory.
pub(super) async fn account_in(
    look: &Look<'_>,
    name: &str,
) -> Result<Option<Account>, StorageError> {
    if let Ok(username) = Username::try_from(name) {
        look.account_by_username(&username).await
    } else if let Ok(email) = EmailAddress::stored(name) {
        look.account_by_email(&email).await
    } else {
        look.must_be_current().map(|()| None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::UserId;

    /// All that could have become different since the password was computed is looked at again.
    #[test]
    fn a_password_that_matched_is_not_enough_the_next_time() {
        let hash = |text: &str| PasswordHash::from_phc(text.to_owned());
        let account = |state, two_factor, password: Option<&str>| Account {
            user: User {
                state,
                two_factor,
                ..User::plain(UserId(1), "alice")
            },
            password: password.map(hash),
            password_is_temporary: false,
        };
        let again = |account| {
            let forbidden = |user: &User| user.two_factor.then_some(Cause::TwoFactorEnabled);
            match still_user_of(account, &hash("matched"), forbidden) {
                Ok(owner) => Ok(owner.is_some()),
                Err(refused) => Err(refused.error.cause()),
            }
        };
        let (active, blocked) = (UserState::Active, UserState::Blocked);
        assert_eq!(
            again(Some(account(active, false, Some("matched")))),
            Ok(true)
        );
        let to_compute = [
            Some(account(active, false, Some("another"))),
            Some(account(active, false, None)),
            None,
        ];
        for account in to_compute {
            assert_eq!(again(account), Ok(false));
        }
        let of_blocked = again(Some(account(blocked, false, Some("matched"))));
        assert_eq!(of_blocked, Err(Some(Cause::BlockedUser)));
        let of_two_factor = again(Some(account(active, true, Some("matched"))));
        assert_eq!(of_two_factor, Err(Some(Cause::TwoFactorEnabled)));
    }
}
