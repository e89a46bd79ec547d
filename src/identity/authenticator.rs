//! The order in which a credential is looked at (design.md §3).

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};

use super::error::{AuthenticationError, Cause};
use super::password::Passwords;
use super::presented::Presented;
use super::token::owner_of;
use crate::domain::credential::{PlainToken, Recognized};
use crate::domain::principal::{Ceiling, Principal, SignedIn};
use crate::domain::user::{EmailAddress, User, UserState};
use crate::domain::username::Username;
use crate::storage::users::Account;
use crate::storage::{Db, StorageError, users};

/// Tells who presents a credential.
#[derive(Debug, Clone)]
pub struct Authenticator {
    db: Db,
    passwords: Passwords,
}

impl Authenticator {
    /// An authenticator that knows who is in `db`.
    pub fn new(db: Db, passwords: Passwords) -> Self {
        Self { db, passwords }
    }

    /// The caller at `now`; a credential that is present and wrong is never anonymous.
    #[tracing::instrument(name = "identity.authenticate", skip_all)]
    pub async fn authenticate(
        &self,
        presented: &Presented,
        now: DateTime<Utc>,
    ) -> Result<Principal, AuthenticationError> {
        match presented {
            Presented::Nothing => Ok(Principal::Anonymous),
            Presented::Unreadable => Err(Cause::Unreadable.into()),
            Presented::Basic { secret, .. } if secret.expose_secret().is_empty() => {
                Err(Cause::EmptySecret.into())
            }
            Presented::Basic { username, secret } => {
                let user = match PlainToken::recognize(secret) {
                    Recognized::Token(token) => owner_of(&self.db, &token, now).await?,
                    Recognized::Broken => return Err(Cause::BrokenToken.into()),
                    Recognized::Foreign => self.password_login(username, secret).await?,
                };
                Ok(Principal::User(user))
            }
        }
    }

    /// Takes as long for a user who does not exist, has no password or is blocked.
    async fn password_login(
        &self,
        name: &str,
        password: &SecretString,
    ) -> Result<SignedIn, AuthenticationError> {
        let account = self.account(name).await?;
        let hash = account
            .as_ref()
            .and_then(|account| account.password.clone());
        let has_password = hash.is_some();
        let fits = self.passwords.verify(password.clone(), hash).await?;
        let user = account.ok_or(Cause::UnknownUser)?.user;
        match (fits, user.state) {
            (true, UserState::Active) => Ok(signed_in(user)),
            (true, UserState::Blocked) => Err(Cause::BlockedUser.into()),
            (false, _) if has_password => Err(Cause::WrongPassword.into()),
            (false, _) => Err(Cause::NoPassword.into()),
        }
    }

    /// The account of a user name or e-mail address, in any letter case.
    async fn account(&self, name: &str) -> Result<Option<Account>, StorageError> {
        if let Ok(username) = Username::try_from(name) {
            users::account_by_username(&self.db, &username).await
        } else if let Ok(email) = EmailAddress::try_from(name) {
            users::account_by_email(&self.db, &email).await
        } else {
            Ok(None)
        }
    }
}

fn signed_in(user: User) -> SignedIn {
    SignedIn {
        id: user.id,
        username: user.username,
        admin: user.admin,
        external: user.external,
        ceiling: Ceiling::of_password(),
    }
}
