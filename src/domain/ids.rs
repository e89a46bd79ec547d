//! Ids, which the database counts up: one type for each kind of thing.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                // A sign would make two names of one thing.
                let digits = if text.starts_with('+') { "" } else { text };
                digits.parse().map(Self)
            }
        }
    };
}

id! {
    /// A user's id.
    UserId
}
id! {
    /// The id of a group, a project or a user's own namespace.
    NamespaceId
}
id! {
    /// A deploy token's id.
    DeployTokenId
}
id! {
    /// A refresh token's id.
    RefreshTokenId
}
id! {
    /// The id of an entry of the audit log.
    AuditEventId
}
id! {
    /// The id of a repository that was pulled from or pushed to.
    RepositoryId
}
id! {
    /// A personal access token's id.
    AccessTokenId
}
id! {
    /// The id of a notice on one channel.
    NoticeId
}
id! {
    /// The id of a session on the web pages.
    SessionId
}
