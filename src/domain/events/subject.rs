//! The things that changes are about.

use std::fmt;
use std::str::FromStr;

use crate::domain::ids::{
    AccessTokenId, DeployTokenId, NamespaceId, RefreshTokenId, SessionId, UserId,
};
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::users::username::Username;

/// The name of sessions, of which there is no backup, in the audit log.
pub const SESSION: &str = "session";

/// The thing that an event is about: by its id, and by the name that it had then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A user.
    User(UserId, Username),
    /// A group, a project or a user's own namespace.
    Namespace(NamespaceId, NamespacePath),
    /// The roles of users in a group or project; the detail names the user.
    Member(NamespaceId, NamespacePath),
    /// A personal access token.
    AccessToken(AccessTokenId, String),
    /// A deploy token, by its user name.
    DeployToken(DeployTokenId, String),
    /// A refresh token, by the service that it is for.
    RefreshToken(RefreshTokenId, String),
    /// A session on the web pages, by the device that it is on.
    Session(SessionId, String),
}

impl Subject {
    /// The kind's name in the audit log.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::User(..) => "user",
            Self::Namespace(..) => "namespace",
            Self::Member(..) => "member",
            Self::AccessToken(..) => "access_token",
            Self::DeployToken(..) => "deploy_token",
            Self::RefreshToken(..) => "refresh_token",
            Self::Session(..) => SESSION,
        }
    }

    /// The id.
    pub fn id(&self) -> i64 {
        match self {
            Self::User(id, _) => id.0,
            Self::Namespace(id, _) | Self::Member(id, _) => id.0,
            Self::AccessToken(id, _) => id.0,
            Self::DeployToken(id, _) => id.0,
            Self::RefreshToken(id, _) => id.0,
            Self::Session(id, _) => id.0,
        }
    }

    /// The name that it had.
    pub fn name(&self) -> &str {
        match self {
            Self::User(_, username) => username.as_str(),
            Self::Namespace(_, path) | Self::Member(_, path) => path.as_str(),
            Self::AccessToken(_, name)
            | Self::DeployToken(_, name)
            | Self::RefreshToken(_, name)
            | Self::Session(_, name) => name,
        }
    }
}

/// A thing that a change touched and of which copies may be kept; followers of the changes drop theirs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Touched {
    /// A user: their state and flags, and with them all that they may do.
    User(UserId),
    /// The roles of a user.
    Memberships(UserId),
    /// A namespace: its visibility, and whether it exists.
    Namespace(NamespacePath),
    /// A personal access token.
    AccessToken(AccessTokenId),
    /// A deploy token.
    DeployToken(DeployTokenId),
}

impl fmt::Display for Touched {
    /// The stored form, such as `user:7`; without spaces.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Memberships(id) => write!(f, "memberships:{id}"),
            Self::Namespace(path) => write!(f, "namespace:{path}"),
            Self::AccessToken(id) => write!(f, "access_token:{id}"),
            Self::DeployToken(id) => write!(f, "deploy_token:{id}"),
        }
    }
}

/// A text that names nothing that can be touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it names nothing that a change can touch")]
pub struct UnknownTouched;

impl FromStr for Touched {
    type Err = UnknownTouched;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, name) = text.split_once(':').ok_or(UnknownTouched)?;
        let id = || name.parse::<i64>().map_err(|_| UnknownTouched);
        match kind {
            "user" => Ok(Self::User(UserId(id()?))),
            "memberships" => Ok(Self::Memberships(UserId(id()?))),
            "namespace" => NamespacePath::try_from(name)
                .map(Self::Namespace)
                .map_err(|_| UnknownTouched),
            "access_token" => Ok(Self::AccessToken(AccessTokenId(id()?))),
            "deploy_token" => Ok(Self::DeployToken(DeployTokenId(id()?))),
            _ => Err(UnknownTouched),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_touched_is_read_as_it_was_written() {
        for touched in [
            Touched::User(UserId(7)),
            Touched::Memberships(UserId(7)),
            Touched::Namespace(NamespacePath::try_from("team/app").unwrap()),
            Touched::AccessToken(AccessTokenId(8)),
            Touched::DeployToken(DeployTokenId(9)),
        ] {
            let text = touched.to_string();
            assert!(!text.contains(' '), "{text}");
            assert_eq!(text.parse(), Ok(touched));
        }
        for wrong in ["", "user", "user:", "user:x", "other:7", "namespace:a//b"] {
            assert_eq!(wrong.parse::<Touched>(), Err(UnknownTouched), "{wrong}");
        }
    }
}
