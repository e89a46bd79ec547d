//! Identifies callers, in the order of docs/architecture.md#who-is-calling.

use std::net::IpAddr;
use std::pin::pin;
use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use tracing::Instrument;

use crate::domain::authority::cause::Cause;
use crate::domain::decision::principal::{Ceiling, Principal, Proof, SignedIn};
use crate::domain::ids::UserId;
use crate::domain::numbers::RefusalNumbers;
use crate::domain::refresh_tokens::RefreshLifetimes;
use crate::domain::secret::{RecognizedSecret, RecognizedToken, SecretKind, SecretToken};
use crate::domain::users::User;
use crate::domain::users::password::PasswordHash;
use crate::identity::access_token::owner_of;
use crate::identity::deploy_token::deploy_token_principal;
use crate::identity::error::RefusedCredential;
use crate::identity::identified::Identified;
use crate::identity::password::Passwords;
use crate::identity::password_login::{self, PasswordOwner};
use crate::identity::presented::PresentedCredential;
use crate::identity::refresh_token;
use crate::identity::refused_credentials::RefusedCredentials;
use crate::identity::throttle::{SecondFactorAttempt, Throttle};
use crate::storage::{Db, Look};

/// Identifies callers by their credentials; it reads, and writes nothing.
#[derive(Debug, Clone)]
pub struct Authenticator {
    passwords: Passwords,
    refresh: RefreshLifetimes,
    throttle: Throttle,
    refused: RefusedCredentials,
    /// True if no password opens a registry, whoever has it.
    tokens_only: bool,
}

impl Authenticator {
    /// An authenticator whose refresh tokens live as long as `refresh` says, and whose callers wait after failures.
    pub fn new(passwords: Passwords, refresh: RefreshLifetimes, throttle: Throttle) -> Self {
        Self {
            passwords,
            refresh,
            refused: RefusedCredentials::new(throttle.clone()),
            throttle,
            tokens_only: false,
        }
    }

    /// The authenticator that lets no password open a registry, nor what came of one, if `tokens_only`.
    #[must_use]
    pub fn with_tokens_only(self, tokens_only: bool) -> Self {
        Self {
            tokens_only,
            ..self
        }
    }

    /// The caller at `now` from `address`, who wants a token for `service`. A credential that is present and wrong is
    /// an error, never an anonymous caller. A password that `matched` a hash before, in the same request, is not computed again while
    /// its user has that one.
    pub async fn authenticate(
        &self,
        look: &Look<'_>,
        (presented, service): (&PresentedCredential, Option<&str>),
        (address, now): (Option<IpAddr>, DateTime<Utc>),
        matched: Option<&PasswordHash>,
    ) -> Result<Identified<Principal>, RefusedCredential> {
        // The span is made by hand: the attribute of `tracing` would move the future once more before it begins.
        let span = tracing::debug_span!("identity.authenticate");
        let identified = pin!(self.identify(look, (presented, service), (address, now), matched));
        let identified = identified.instrument(span).await;
        let secret = match presented {
            PresentedCredential::RefreshToken(secret)
            | PresentedCredential::Basic { secret, .. } => Some(secret),
            PresentedCredential::Nothing | PresentedCredential::Unreadable => None,
        };
        identified.map_err(|error| self.refused.answer(error, secret, (address, now)))
    }

    /// Credentials that were refused, for the operator.
    pub fn refusals(&self) -> [RefusalNumbers; 4] {
        self.refused.numbers()
    }

    async fn identify(
        &self,
        look: &Look<'_>,
        (presented, service): (&PresentedCredential, Option<&str>),
        (address, now): (Option<IpAddr>, DateTime<Utc>),
        matched: Option<&PasswordHash>,
    ) -> Result<Identified<Principal>, RefusedCredential> {
        let user: Identified<SignedIn> = match presented {
            PresentedCredential::Nothing => return Ok(Principal::Anonymous.into()),
            PresentedCredential::Unreadable => return Err(Cause::Unreadable.into()),
            PresentedCredential::RefreshToken(secret) => match SecretToken::recognize(secret) {
                // Credential helpers that call their user `<token>` make clients send it so.
                RecognizedSecret::Token(token) if token.kind == SecretKind::AccessToken => {
                    owner_of(look, (token, None), now).await?.into()
                }
                RecognizedSecret::Token(token) => {
                    self.refresh_login(look, (token, service), now).await?
                }
                RecognizedSecret::Broken => return Err(Cause::BrokenToken.into()),
                RecognizedSecret::Foreign => return Err(Cause::UnknownToken.into()),
            },
            PresentedCredential::Basic { secret, .. } if secret.expose_secret().is_empty() => {
                return Err(Cause::EmptySecret.into());
            }
            PresentedCredential::Basic { username, secret } => {
                // Secrets of Kubernetes often end in a newline, and no user name does.
                let username = username.trim_ascii_end();
                match SecretToken::recognize(secret) {
                    // containerd sends a refresh token as the password when it falls back to GET.
                    RecognizedSecret::Token(token) if token.kind == SecretKind::RefreshToken => {
                        self.refresh_login(look, (token, service), now).await?
                    }
                    RecognizedSecret::Token(token) if token.kind == SecretKind::DeployToken => {
                        let found = deploy_token_principal(look, (username, token), now).await?;
                        return Ok(Principal::DeployToken(found).into());
                    }
                    RecognizedSecret::Token(token) => {
                        let owner = owner_of(look, (token, Some(username)), now).await?;
                        owner.into()
                    }
                    RecognizedSecret::Broken => return Err(Cause::BrokenToken.into()),
                    RecognizedSecret::Foreign => {
                        let (login, at) = ((username, secret), (address, now));
                        let login = self.password_login(look, login, at, matched);
                        Box::pin(login).await?
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
        look: &Look<'_>,
        presented: (RecognizedToken, Option<&str>),
        now: DateTime<Utc>,
    ) -> Result<Identified<SignedIn>, RefusedCredential> {
        if presented.0.kind != SecretKind::RefreshToken {
            return Err(Cause::OtherKind.into());
        }
        if self.tokens_only {
            return Err(Cause::TwoFactorRequired.into());
        }
        refresh_token::owner_of(look, presented, &self.refresh, now).await
    }

    /// The owner of a personal access token, the only credential that the admin API accepts.
    #[tracing::instrument(level = "debug", name = "identity.authenticate_access_token", skip_all)]
    pub async fn authenticate_access_token(
        &self,
        look: &Look<'_>,
        secret: &SecretString,
        (address, now): (Option<IpAddr>, DateTime<Utc>),
    ) -> Result<SignedIn, RefusedCredential> {
        let found = match SecretToken::recognize(secret) {
            RecognizedSecret::Token(token) => owner_of(look, (token, None), now).await,
            RecognizedSecret::Broken => Err(Cause::BrokenToken.into()),
            RecognizedSecret::Foreign => Err(Cause::UnknownToken.into()),
        };
        found.map_err(|error| self.refused.answer(error, Some(secret), (address, now)))
    }

    /// The user of a password, who may owe a second factor: whoever asks for this asks for that next.
    #[tracing::instrument(level = "debug", name = "identity.authenticate_password", skip_all)]
    pub async fn authenticate_password(
        &self,
        db: &Db,
        (name, password): (&str, &SecretString),
        (address, now): (Option<IpAddr>, DateTime<Utc>),
    ) -> Result<PasswordOwner, RefusedCredential> {
        let found = if password.expose_secret().is_empty() {
            Err(Cause::EmptySecret.into())
        } else {
            let checks = (&self.passwords, &self.throttle);
            let account = password_login::account(db, name);
            let login = (name, password);
            password_login::user_of(account, checks, login, (address, now), |_| None).await
        };
        found.map_err(|error| self.refused.answer(error, Some(password), (address, now)))
    }

    /// Lets the second factor of a user be tried.
    pub fn try_second_factor(
        &self,
        (address, user): (Option<IpAddr>, UserId),
        (presented, is_guessable): (&[u8], bool),
        now: DateTime<Utc>,
    ) -> Result<SecondFactorAttempt, Duration> {
        let by = (address, user);
        let attempt = self
            .throttle
            .try_second_factor(by, (presented, is_guessable), now);
        attempt.inspect_err(|_| self.refused.count_throttled_code())
    }

    /// Notes that a second factor was wrong; that it failed is counted since it was tried.
    pub fn second_factor_was_wrong(&self) {
        self.refused.count_wrong_code();
    }

    /// Notes that a second factor was right.
    pub fn second_factor_was_right(&self, attempt: &SecondFactorAttempt) {
        self.throttle.second_factor_was_right(attempt);
    }

    /// Takes a try of a second factor back that could not be judged.
    pub fn second_factor_was_not_judged(&self, attempt: &SecondFactorAttempt) {
        self.throttle.second_factor_was_not_judged(attempt);
    }

    /// The user of a password at a place that asks for nothing more; one with a second factor is refused there, and that the
    /// password was right is not to be noticed.
    async fn password_login(
        &self,
        look: &Look<'_>,
        (name, password): (&str, &SecretString),
        (address, now): (Option<IpAddr>, DateTime<Utc>),
        matched: Option<&PasswordHash>,
    ) -> Result<Identified<SignedIn>, RefusedCredential> {
        if self.tokens_only {
            return Err(Cause::TwoFactorRequired.into());
        }
        let forbidden = |user: &User| user.two_factor.then_some(Cause::TwoFactorEnabled);
        let account = || password_login::account_in(look, name);
        let known = match matched {
            Some(matched) => password_login::still_user_of(account().await?, matched, forbidden)?,
            None => None,
        };
        let PasswordOwner {
            user,
            hash,
            follow_up,
        } = if let Some(owner) = known {
            owner
        } else {
            let checks = (&self.passwords, &self.throttle);
            let (login, at) = ((name, password), (address, now));
            password_login::user_of(account(), checks, login, at, forbidden).await?
        };
        let ceiling = Ceiling::of_login(Proof::Password(hash));
        Ok(Identified {
            caller: SignedIn::new(&user, ceiling),
            follow_up,
        })
    }
}
