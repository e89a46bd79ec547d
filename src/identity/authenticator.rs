//! Identifies callers, in the order of docs/architecture.md#who-is-calling.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};

use crate::domain::authority::cause::Cause;
use crate::domain::decision::principal::{Ceiling, Principal, Proof, SignedIn};
use crate::domain::refresh_tokens::RefreshLifetimes;
use crate::domain::secret::{RecognizedSecret, RecognizedToken, SecretKind, SecretToken};
use crate::domain::users::password::PasswordHash;
use crate::domain::users::username::Username;
use crate::domain::users::{EmailAddress, User, UserState};
use crate::identity::access_token::owner_of;
use crate::identity::deploy_token::deploy_token_principal;
use crate::identity::error::{AuthenticationError, RefusedCredential};
use crate::identity::identified::{FollowUp, Identified};
use crate::identity::password::Passwords;
use crate::identity::presented::PresentedCredential;
use crate::identity::refresh_token;
use crate::identity::refused_credentials::{RefusalNumbers, RefusedCredentials};
use crate::identity::throttle::Throttle;
use crate::storage::users::Account;
use crate::storage::{Db, StorageError, View, users};

/// Identifies callers by their credentials; it reads, and writes nothing.
#[derive(Debug, Clone)]
pub struct Authenticator {
    passwords: Passwords,
    refresh: RefreshLifetimes,
    throttle: Throttle,
    refused: RefusedCredentials,
}

impl Authenticator {
    /// An authenticator whose refresh tokens live as long as `refresh` says, and whose callers wait after failures.
    pub fn new(passwords: Passwords, refresh: RefreshLifetimes, throttle: Throttle) -> Self {
        Self {
            passwords,
            refresh,
            refused: RefusedCredentials::new(throttle.clone()),
            throttle,
        }
    }

    /// The caller at `now` from `address`, who wants a token for `service`. A credential that is present and wrong is
    /// an error, never an anonymous caller.
    #[tracing::instrument(level = "debug", name = "identity.authenticate", skip_all)]
    pub async fn authenticate(
        &self,
        view: &View<'_>,
        (presented, service): (&PresentedCredential, Option<&str>),
        (address, now): (Option<IpAddr>, DateTime<Utc>),
    ) -> Result<Identified<Principal>, RefusedCredential> {
        let identified = self.identify(view, (presented, service), (address, now));
        let secret = match presented {
            PresentedCredential::RefreshToken(secret)
            | PresentedCredential::Basic { secret, .. } => Some(secret),
            PresentedCredential::Nothing | PresentedCredential::Unreadable => None,
        };
        let identified = identified.await;
        identified.map_err(|error| self.refused.answer(error, secret, (address, now)))
    }

    /// Credentials that were refused, for the operator.
    pub fn refusals(&self) -> [RefusalNumbers; 3] {
        self.refused.numbers()
    }

    async fn identify(
        &self,
        view: &View<'_>,
        (presented, service): (&PresentedCredential, Option<&str>),
        (address, now): (Option<IpAddr>, DateTime<Utc>),
    ) -> Result<Identified<Principal>, RefusedCredential> {
        let user: Identified<SignedIn> = match presented {
            PresentedCredential::Nothing => return Ok(Principal::Anonymous.into()),
            PresentedCredential::Unreadable => return Err(Cause::Unreadable.into()),
            PresentedCredential::RefreshToken(secret) => match SecretToken::recognize(secret) {
                RecognizedSecret::Token(token) => {
                    self.refresh_login(view, (token, service), now).await?
                }
                RecognizedSecret::Broken => return Err(Cause::BrokenToken.into()),
                RecognizedSecret::Foreign => return Err(Cause::UnknownToken.into()),
            },
            PresentedCredential::Basic { secret, .. } if secret.expose_secret().is_empty() => {
                return Err(Cause::EmptySecret.into());
            }
            PresentedCredential::Basic { username, secret } => {
                match SecretToken::recognize(secret) {
                    // containerd sends a refresh token as the password when it falls back to GET.
                    RecognizedSecret::Token(token) if token.kind == SecretKind::RefreshToken => {
                        self.refresh_login(view, (token, service), now).await?
                    }
                    RecognizedSecret::Token(token) if token.kind == SecretKind::DeployToken => {
                        let found = deploy_token_principal(view, (username, token), now).await?;
                        return Ok(Principal::DeployToken(found).into());
                    }
                    RecognizedSecret::Token(token) => {
                        let owner = owner_of(view, token, now).await?;
                        note_other_name(username, &owner);
                        owner.into()
                    }
                    RecognizedSecret::Broken => return Err(Cause::BrokenToken.into()),
                    RecognizedSecret::Foreign => {
                        let login = self.password_login(
                            view.storage()?,
                            (username, secret),
                            (address, now),
                        );
                        let (user, hash, follow_up) = login.await?;
                        let ceiling = Ceiling::of_login(Proof::Password(hash));
                        Identified {
                            caller: SignedIn::new(&user, ceiling),
                            follow_up,
                        }
                    }
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
        view: &View<'_>,
        presented: (RecognizedToken, Option<&str>),
        now: DateTime<Utc>,
    ) -> Result<Identified<SignedIn>, RefusedCredential> {
        refresh_token::owner_of(view, presented, &self.refresh, now).await
    }

    /// The owner of a personal access token, the only credential that the admin API accepts.
    #[tracing::instrument(level = "debug", name = "identity.authenticate_access_token", skip_all)]
    pub async fn authenticate_access_token(
        &self,
        view: &View<'_>,
        secret: &SecretString,
        (address, now): (Option<IpAddr>, DateTime<Utc>),
    ) -> Result<SignedIn, RefusedCredential> {
        let found = match SecretToken::recognize(secret) {
            RecognizedSecret::Token(token) => owner_of(view, token, now).await,
            RecognizedSecret::Broken => Err(Cause::BrokenToken.into()),
            RecognizedSecret::Foreign => Err(Cause::UnknownToken.into()),
        };
        found.map_err(|error| self.refused.answer(error, Some(secret), (address, now)))
    }

    /// The user of a password, with the hash that it matched; no other credential is let in.
    #[tracing::instrument(level = "debug", name = "identity.authenticate_password", skip_all)]
    pub async fn authenticate_password(
        &self,
        db: &Db,
        (name, password): (&str, &SecretString),
        (address, now): (Option<IpAddr>, DateTime<Utc>),
    ) -> Result<(User, PasswordHash, Option<FollowUp>), RefusedCredential> {
        let login = self.password_login(db, (name, password), (address, now));
        let login = login.await;
        login.map_err(|error| self.refused.answer(error, Some(password), (address, now)))
    }

    /// The user of a password. It takes as long for a user who does not exist, has no password or is
    /// blocked.
    async fn password_login(
        &self,
        db: &Db,
        (name, password): (&str, &SecretString),
        (address, now): (Option<IpAddr>, DateTime<Utc>),
    ) -> Result<(User, PasswordHash, Option<FollowUp>), RefusedCredential> {
        let attempt = self.throttle.attempt(address, name, now);
        let attempt = attempt.map_err(|wait| AuthenticationError::Throttled(wait, None))?;
        let account = account(db, name).await?;
        let hash = account
            .as_ref()
            .and_then(|account| account.password.clone());
        let checked = hash.as_ref().unwrap_or(self.passwords.decoy()).as_phc();
        let tried = self
            .throttle
            .of_password((name, checked), password.expose_secret());
        // A password that did not fit this hash never will: it costs no second computation, and counts once.
        let is_known_wrong = self.throttle.is_wrong(tried);
        let (fits, _turn) = if is_known_wrong {
            (false, None)
        } else {
            let turn = self.passwords.turn(attempt.place).await?;
            let may_go_on = self.throttle.may_go_on(attempt, now);
            may_go_on.map_err(|wait| AuthenticationError::Throttled(wait, None))?;
            let verified = self.passwords.verify(turn, password.clone(), hash.clone());
            let (fits, turn) = verified.await?;
            (fits, Some(turn))
        };
        let is_active = |account: &Account| account.user.state == UserState::Active;
        if fits && account.as_ref().is_some_and(is_active) {
            self.throttle.succeeded(attempt);
        } else if !is_known_wrong {
            self.throttle.failed(attempt, tried, now);
        }
        if !fits {
            self.throttle.note_wrong(tried);
        }
        let user = account.ok_or(Cause::UnknownUser)?.user;
        let Some(hash) = hash else {
            return Err(RefusedCredential::of(&user, Cause::NoPassword));
        };
        match (fits, user.state) {
            (true, UserState::Active) => {
                let is_outdated = self.passwords.is_outdated(&hash);
                let follow_up = is_outdated.then(|| FollowUp::Rehash(password.clone()));
                Ok((user, hash, follow_up))
            }
            (true, UserState::Blocked) => Err(RefusedCredential::of(&user, Cause::BlockedUser)),
            (false, _) => Err(RefusedCredential::of(&user, Cause::WrongPassword)),
        }
    }
}

/// The account of a user name or e-mail address, in any letter case.
async fn account(db: &Db, name: &str) -> Result<Option<Account>, StorageError> {
    if let Ok(username) = Username::try_from(name) {
        users::account_by_username(db, &username).await
    } else if let Ok(email) = EmailAddress::try_from(name) {
        users::account_by_email(db, &email).await
    } else {
        Ok(None)
    }
}

/// Logs that a token came with a user name other than its owner's. The name means nothing, as in
/// GitLab, and is not logged itself: people put tokens into the wrong field.
fn note_other_name(presented: &str, owner: &SignedIn) {
    if !presented.eq_ignore_ascii_case(owner.username.as_str()) {
        tracing::info!(owner = %owner.username, "a token came beside another name than its owner's");
    }
}
