//! Notices: the news about tokens that people are sent, by a webhook and by mail. Never with a secret in them.

pub mod back_off;
pub mod ends;
pub mod from_event;
pub mod message;
pub mod outbox;
pub mod reach;
pub mod rules;
pub mod webhook_secret;
pub mod words;

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::access_tokens::AccessToken;
use crate::domain::deploy_tokens::DeployToken;
use crate::domain::expiry::Expiry;
use crate::domain::ids::{AccessTokenId, UserId};
use crate::domain::notices::ends::days_left;
use crate::domain::users::User;

/// The news about one token for those whom it concerns, as it is stored until it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenNotice {
    /// The news.
    pub matter: Matter,
    /// The instant at which it happened.
    pub at: DateTime<Utc>,
    /// The token.
    pub token: NoticedToken,
    /// The user, group or project whose token it is.
    pub holder: Holder,
    /// The one who did it, if somebody did.
    pub author: Option<NoticeAuthor>,
}

/// The news about a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Matter {
    /// It ends in so many days.
    Expiring {
        /// The number of days.
        days: u32,
    },
    /// Another token took its place.
    Rotated {
        /// The token that took its place.
        successor: Option<AccessTokenId>,
        /// The instant until which it works beside that one; none if it stopped at once.
        works_until: Option<DateTime<Utc>>,
        /// The tokens of the same owner that were revoked with it: those that it had replaced and whose grace this cut off.
        #[serde(default)]
        with: Vec<NamedToken>,
    },
    /// It was revoked.
    Revoked {
        /// The tokens of the same owner that were revoked with it.
        with: Vec<NamedToken>,
    },
    /// It was presented after another one had taken its place or it had been revoked.
    Reused {
        /// The tokens of the same owner that were revoked for it.
        revoked: Vec<NamedToken>,
    },
    /// It was used from an address from which it was not used lately.
    NewAddress {
        /// The address.
        address: IpAddr,
    },
}

/// The kind of a token that there are notices about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticedKind {
    /// A personal access token.
    AccessToken,
    /// A deploy token.
    DeployToken,
}

/// A token as a notice tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticedToken {
    /// The kind of token.
    pub kind: NoticedKind,
    /// Its id among those of its kind.
    pub id: i64,
    /// The name that its owner gave it.
    pub name: String,
    /// The instant of its end, if it has one and that is known.
    pub ends_at: Option<DateTime<Utc>>,
}

/// A token beside the one that a notice is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedToken {
    /// Its id.
    pub id: AccessTokenId,
    /// The name that its owner gave it.
    pub name: String,
}

/// The user, group or project whose token it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// A user.
    User {
        /// The id.
        id: UserId,
        /// The user name.
        username: String,
    },
    /// A group or project.
    Namespace {
        /// The path.
        path: String,
    },
}

/// The one who did what a notice tells of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeAuthor {
    /// The user name, or `(operator)`, `(service)` or `(unknown)`.
    pub name: String,
    /// The address that the request came from.
    pub address: Option<String>,
}

impl NoticeAuthor {
    /// Somebody at `address` who proved nothing.
    pub fn unknown(address: Option<IpAddr>) -> Self {
        Self {
            name: UNKNOWN.to_owned(),
            address: address.map(|address| address.to_string()),
        }
    }

    /// True if nobody knows who it was.
    pub fn is_unknown(&self) -> bool {
        self.name == UNKNOWN
    }
}

/// The name of an author whom nobody knows; no user's.
const UNKNOWN: &str = "(unknown)";

impl Matter {
    /// The word for it in a notice's kind.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Expiring { .. } => EXPIRING,
            Self::Rotated { .. } => "rotated",
            Self::Revoked { .. } => "revoked",
            Self::Reused { .. } => "reused",
            Self::NewAddress { .. } => NEW_ADDRESS,
        }
    }
}

const NEW_ADDRESS: &str = "new_address";

const EXPIRING: &str = "expiring";

impl NoticedKind {
    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::AccessToken => "access_token",
            Self::DeployToken => "deploy_token",
        }
    }

    /// The words for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::AccessToken => "personal access token",
            Self::DeployToken => "deploy token",
        }
    }
}

impl TokenNotice {
    /// The kind of notice, such as `access_token.revoked`.
    pub fn kind(&self) -> String {
        format!("{}.{}", self.token.kind.name(), self.matter.name())
    }

    /// The kind of notices about new addresses.
    pub fn kind_of_new_addresses() -> String {
        format!("{}.{NEW_ADDRESS}", NoticedKind::AccessToken.name())
    }

    /// The kinds of notices about ends that come near.
    pub fn kinds_of_ends() -> [String; 2] {
        let kinds = [NoticedKind::AccessToken, NoticedKind::DeployToken];
        kinds.map(|kind| format!("{}.{EXPIRING}", kind.name()))
    }

    /// The notice as it is told at `now`: while it waited, an end has come nearer.
    #[must_use]
    pub fn as_of(&self, now: DateTime<Utc>) -> Self {
        let mut told = self.clone();
        if let (Matter::Expiring { days }, Some(end)) = (&mut told.matter, told.token.ends_at) {
            *days = days_left(*days, end, now);
        }
        told
    }

    /// The user whose token it is.
    pub fn owner(&self) -> Option<UserId> {
        match &self.holder {
            Holder::User { id, .. } => Some(*id),
            Holder::Namespace { .. } => None,
        }
    }
}

impl From<&AccessToken> for NoticedToken {
    fn from(token: &AccessToken) -> Self {
        Self {
            kind: NoticedKind::AccessToken,
            id: token.id.0,
            name: token.specification.name().to_owned(),
            ends_at: token.specification.expiry().map(Expiry::instant),
        }
    }
}

impl From<&DeployToken> for NoticedToken {
    fn from(token: &DeployToken) -> Self {
        Self {
            kind: NoticedKind::DeployToken,
            id: token.id.0,
            name: token.name.clone(),
            ends_at: token.expiry.map(Expiry::instant),
        }
    }
}

impl From<&AccessToken> for NamedToken {
    fn from(token: &AccessToken) -> Self {
        Self {
            id: token.id,
            name: token.specification.name().to_owned(),
        }
    }
}

impl From<&User> for Holder {
    fn from(user: &User) -> Self {
        Self::User {
            id: user.id,
            username: user.username.to_string(),
        }
    }
}
