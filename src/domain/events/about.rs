//! The subject of an event, with the user, group or project that the event belongs to.

use crate::domain::access_tokens::AccessToken;
use crate::domain::deploy_tokens::DeployToken;
use crate::domain::events::entity::{EntityKind, EventEntity};
use crate::domain::events::subject::Subject;
use crate::domain::ids::UserId;
use crate::domain::namespaces::Namespace;
use crate::domain::refresh_tokens::RefreshToken;
use crate::domain::sessions::Session;
use crate::domain::users::User;

/// A thing that is changed, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The thing.
    pub subject: Subject,
    /// The user, group or project that it belongs to or is; none if that is not known.
    pub entity: Option<EventEntity>,
}

impl About {
    /// The role of a user in `namespace`.
    pub fn member_of(namespace: &Namespace) -> Self {
        Self {
            subject: Subject::Member(namespace.id, namespace.path.clone()),
            entity: Some(of_namespace(namespace)),
        }
    }
}

impl From<Subject> for About {
    fn from(subject: Subject) -> Self {
        let entity = match &subject {
            Subject::User(id, username) => Some(EventEntity {
                path: Some(username.to_string()),
                ..of_user(*id)
            }),
            _ => None,
        };
        Self { subject, entity }
    }
}

impl From<&User> for About {
    fn from(user: &User) -> Self {
        Subject::User(user.id, user.username.clone()).into()
    }
}

impl From<&Namespace> for About {
    fn from(namespace: &Namespace) -> Self {
        Self {
            subject: Subject::Namespace(namespace.id, namespace.path.clone()),
            entity: Some(of_namespace(namespace)),
        }
    }
}

impl From<&AccessToken> for About {
    fn from(token: &AccessToken) -> Self {
        Self {
            subject: Subject::AccessToken(token.id, token.specification.name().to_owned()),
            entity: Some(of_user(token.user_id)),
        }
    }
}

impl From<&DeployToken> for About {
    fn from(token: &DeployToken) -> Self {
        Self {
            subject: Subject::DeployToken(token.id, token.username.to_string()),
            entity: Some(EventEntity {
                kind: token.kind.into(),
                id: token.namespace.0,
                path: Some(token.path.to_string()),
            }),
        }
    }
}

impl From<&RefreshToken> for About {
    fn from(token: &RefreshToken) -> Self {
        Self {
            subject: Subject::RefreshToken(token.id, token.service.clone()),
            entity: Some(of_user(token.user_id)),
        }
    }
}

impl From<&Session> for About {
    fn from(session: &Session) -> Self {
        Self {
            subject: Subject::Session(session.id, session.device.to_string()),
            entity: Some(of_user(session.user_id)),
        }
    }
}

fn of_namespace(namespace: &Namespace) -> EventEntity {
    EventEntity {
        kind: namespace.kind.into(),
        id: namespace.id.0,
        path: Some(namespace.path.to_string()),
    }
}

/// A user whose name is not at hand.
fn of_user(id: UserId) -> EventEntity {
    EventEntity {
        kind: EntityKind::User,
        id: id.0,
        path: None,
    }
}
