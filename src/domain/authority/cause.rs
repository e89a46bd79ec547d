//! The causes for which a credential is refused.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::domain::access_tokens::{AccessToken, CredentialState};
use crate::domain::users::{User, UserState};

/// The cause for which a credential is refused: for the log, never for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The header is not Basic with a name and a secret.
    Unreadable,
    /// The secret is empty.
    EmptySecret,
    /// It has a token's prefix, but not its form or checksum.
    BrokenToken,
    /// No token has this digest.
    UnknownToken,
    /// It is a token of a kind that is not taken there, such as a deploy token for the admin API.
    OtherKind,
    /// The token has expired.
    ExpiredToken,
    /// The token was revoked.
    RevokedToken,
    /// The refresh token is for another registry.
    OtherService,
    /// The deploy token came beside another user name than its own.
    OtherUsername,
    /// The owner is blocked.
    BlockedUser,
    /// No user has this name or address.
    UnknownUser,
    /// The user has no password.
    NoPassword,
    /// The password is wrong.
    WrongPassword,
    /// The code of the second factor is wrong, or was used before.
    WrongCode,
    /// The user has a second factor, so a password alone opens nothing, and neither does what came of one.
    TwoFactorEnabled,
    /// Everybody must have a second factor, so no password alone opens anything.
    TwoFactorRequired,
    /// The session on the web pages has ended.
    EndedSession,
    /// No credential was presented, and anonymous access is off.
    AnonymousAccessOff,
}

impl Cause {
    /// All causes.
    pub const ALL: [Self; 18] = [
        Self::Unreadable,
        Self::EmptySecret,
        Self::BrokenToken,
        Self::UnknownToken,
        Self::OtherKind,
        Self::ExpiredToken,
        Self::RevokedToken,
        Self::OtherService,
        Self::OtherUsername,
        Self::BlockedUser,
        Self::UnknownUser,
        Self::NoPassword,
        Self::WrongPassword,
        Self::WrongCode,
        Self::TwoFactorEnabled,
        Self::TwoFactorRequired,
        Self::EndedSession,
        Self::AnonymousAccessOff,
    ];

    /// A short name, for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::EmptySecret => "empty_secret",
            Self::BrokenToken => "broken_token",
            Self::UnknownToken => "unknown_token",
            Self::OtherKind => "other_kind",
            Self::ExpiredToken => "expired_token",
            Self::RevokedToken => "revoked_token",
            Self::OtherService => "other_service",
            Self::OtherUsername => "other_username",
            Self::BlockedUser => "blocked_user",
            Self::UnknownUser => "unknown_user",
            Self::NoPassword => "no_password",
            Self::WrongPassword => "wrong_password",
            Self::WrongCode => "wrong_code",
            Self::TwoFactorEnabled => "two_factor_enabled",
            Self::TwoFactorRequired => "two_factor_required",
            Self::EndedSession => "ended_session",
            Self::AnonymousAccessOff => "anonymous_access_off",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreadable => "the authorization header is unreadable",
            Self::EmptySecret => "the secret is empty",
            Self::BrokenToken => "the token is mistyped or cut",
            Self::UnknownToken => "the token is unknown",
            Self::OtherKind => "a token of this kind is not taken here",
            Self::ExpiredToken => "the token has expired",
            Self::RevokedToken => "the token was revoked",
            Self::OtherService => "the refresh token is for another service",
            Self::OtherUsername => "the deploy token came beside another user name than its own",
            Self::BlockedUser => "the user is blocked",
            Self::UnknownUser => "the user is unknown",
            Self::NoPassword => "the user has no password",
            Self::WrongPassword => "the password is wrong",
            Self::WrongCode => "the code is wrong or was used before",
            Self::TwoFactorEnabled => {
                "the user has two-factor authentication, so only tokens log in"
            }
            Self::TwoFactorRequired => {
                "two-factor authentication is required, so only tokens log in"
            }
            Self::EndedSession => "the session has ended",
            Self::AnonymousAccessOff => "anonymous access is off",
        })
    }
}

impl AccessToken {
    /// The cause for which the token of `owner` is refused at `now`, if it is. An end counts more than
    /// a revocation (docs/gitlab-api.md §1.7).
    pub fn refused(&self, owner: &User, now: DateTime<Utc>) -> Option<Cause> {
        match (self.state(now), owner.state) {
            (CredentialState::Expired, _) => Some(Cause::ExpiredToken),
            (CredentialState::Revoked, _) => Some(Cause::RevokedToken),
            (CredentialState::Active, UserState::Blocked) => Some(Cause::BlockedUser),
            (CredentialState::Active, UserState::Active) => None,
        }
    }
}
