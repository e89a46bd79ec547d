//! Identifies callers, in the order of docs/architecture.md#who-is-calling.

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};

use crate::domain::authority::cause::Cause;
use crate::domain::decision::principal::{Ceiling, Principal, Proof, SignedIn};
use crate::domain::refresh_tokens::RefreshLifetimes;
use crate::domain::secret::{RecognizedSecret, SecretKind, SecretToken};
use crate::domain::users::username::Username;
use crate::domain::users::{EmailAddress, UserState};
use crate::identity::access_token::owner_of;
use crate::identity::deploy_token::deploy_token_principal;
use crate::identity::error::AuthenticationError;
use crate::identity::identified::{FollowUp, Identified};
use crate::identity::password::Passwords;
use crate::identity::presented::PresentedCredential;
use crate::identity::refresh_token;
use crate::storage::users::Account;
use crate::storage::{Db, StorageError, users};

/// Identifies callers by their credentials; it reads, and writes nothing.
#[derive(Debug, Clone)]
pub struct Authenticator {
    db: Db,
    passwords: Passwords,
    refresh: RefreshLifetimes,
}

impl Authenticator {
    /// An authenticator for the users and tokens in `db`.
    pub fn new(db: Db, passwords: Passwords, refresh: RefreshLifetimes) -> Self {
        Self {
            db,
            passwords,
            refresh,
        }
    }

    /// The caller at `now`, who wants a token for `service`. A credential that is present and wrong is
    /// an error, never an anonymous caller.
    #[tracing::instrument(name = "identity.authenticate", skip_all)]
    pub async fn authenticate(
        &self,
        presented: &PresentedCredential,
        service: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Identified<Principal>, AuthenticationError> {
        let user: Identified<SignedIn> = match presented {
            PresentedCredential::Nothing => return Ok(Principal::Anonymous.into()),
            PresentedCredential::Unreadable => return Err(Cause::Unreadable.into()),
            PresentedCredential::RefreshToken(secret) => match SecretToken::recognize(secret) {
                RecognizedSecret::Token(token) => self.refresh_login(&token, service, now).await?,
                RecognizedSecret::Broken => return Err(Cause::BrokenToken.into()),
                RecognizedSecret::Foreign => return Err(Cause::UnknownToken.into()),
            },
            PresentedCredential::Basic { secret, .. } if secret.expose_secret().is_empty() => {
                return Err(Cause::EmptySecret.into());
            }
            PresentedCredential::Basic { username, secret } => {
                match SecretToken::recognize(secret) {
                    // containerd sends a refresh token as the password when it falls back to GET.
                    RecognizedSecret::Token(token) if token.kind() == SecretKind::RefreshToken => {
                        self.refresh_login(&token, service, now).await?
                    }
                    RecognizedSecret::Token(token) if token.kind() == SecretKind::DeployToken => {
                        let found =
                            deploy_token_principal(&self.db, (username, &token), now).await?;
                        return Ok(Principal::DeployToken(found).into());
                    }
                    RecognizedSecret::Token(token) => {
                        let owner = owner_of(&self.db, &token, now).await?;
                        note_other_name(username, &owner);
                        owner.into()
                    }
                    RecognizedSecret::Broken => return Err(Cause::BrokenToken.into()),
                    RecognizedSecret::Foreign => self.password_login(username, secret).await?,
                }
            }
        };
        Ok(Identified {
            caller: Principal::User(user.caller),
            follow_up: user.follow_up,
        })
    }

    async fn refresh_login(
        &self,
        token: &SecretToken,
        service: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Identified<SignedIn>, AuthenticationError> {
        refresh_token::owner_of(&self.db, (token, service), &self.refresh, now).await
    }

    /// The owner of a personal access token, the only credential that the admin API accepts.
    #[tracing::instrument(name = "identity.authenticate_access_token", skip_all)]
    pub async fn authenticate_access_token(
        &self,
        secret: &SecretString,
        now: DateTime<Utc>,
    ) -> Result<SignedIn, AuthenticationError> {
        match SecretToken::recognize(secret) {
            RecognizedSecret::Token(token) => owner_of(&self.db, &token, now).await,
            RecognizedSecret::Broken => Err(Cause::BrokenToken.into()),
            RecognizedSecret::Foreign => Err(Cause::UnknownToken.into()),
        }
    }

    /// The user of a password. It takes as long for a user who does not exist, has no password or is
    /// blocked.
    async fn password_login(
        &self,
        name: &str,
        password: &SecretString,
    ) -> Result<Identified<SignedIn>, AuthenticationError> {
        let account = self.account(name).await?;
        let hash = account
            .as_ref()
            .and_then(|account| account.password.clone());
        let fits = self
            .passwords
            .verify(password.clone(), hash.clone())
            .await?;
        let user = account.ok_or(Cause::UnknownUser)?.user;
        let Some(hash) = hash else {
            return Err(Cause::NoPassword.into());
        };
        match (fits, user.state) {
            (true, UserState::Active) => {
                let is_outdated = self.passwords.is_outdated(&hash);
                let follow_up = is_outdated.then(|| FollowUp::Rehash(password.clone()));
                let ceiling = Ceiling::of_login(Proof::Password(hash));
                Ok(Identified {
                    caller: SignedIn::new(user, ceiling),
                    follow_up,
                })
            }
            (true, UserState::Blocked) => Err(Cause::BlockedUser.into()),
            (false, _) => Err(Cause::WrongPassword.into()),
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

/// Logs that a token came with a user name other than its owner's. The name means nothing, as in
/// GitLab, and is not logged itself: people put tokens into the wrong field.
fn note_other_name(presented: &str, owner: &SignedIn) {
    if !presented.eq_ignore_ascii_case(owner.username.as_str()) {
        tracing::info!(owner = %owner.username, "a token came beside another name than its owner's");
    }
}
