//! Observations: events of which nobody made a change, such as a sign-in.

use std::net::IpAddr;

use chrono::{DateTime, Utc};

use crate::domain::access_tokens::AccessToken;
use crate::domain::authority::Actor;
use crate::domain::authority::cause::Cause;
use crate::domain::client_network::client_network;
use crate::domain::decision::principal::SignedIn;
use crate::domain::events::about::About;
use crate::domain::events::detail::Detail;
use crate::domain::events::entity::EntityKind;
use crate::domain::events::origin::{Face, Origin};
use crate::domain::events::subject::Subject;
use crate::domain::events::{Event, EventAction};
use crate::domain::ids::{AccessTokenId, UserId};
use crate::domain::namespaces::path::root_of;
use crate::domain::refresh_tokens::RefreshToken;
use crate::domain::sessions::device::Device;
use crate::domain::users::User;
use crate::domain::users::username::Username;

/// An event that the service saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// The event.
    pub event: Event,
    /// The user who proved who they are; the service itself for what it noticed.
    pub author: Actor,
    /// The origin of the request.
    pub origin: Origin,
    /// The time of the request.
    pub at: DateTime<Utc>,
}

/// The owner of what an observation is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ObservationOwner {
    /// A user.
    User(i64),
    /// The first part of a path: anybody makes projects below theirs at will.
    Root(String),
}

/// Observations that say the same: one of them is enough for a while.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ObservationKey {
    action: EventAction,
    about: (&'static str, i64),
    cause: Option<Cause>,
    /// The device that a session is on, or the registry that a refresh token is for.
    place: Option<String>,
    network: Option<IpAddr>,
}

impl Observation {
    /// A login by password that succeeded.
    pub fn sign_in(user: &SignedIn, origin: &Origin, at: DateTime<Utc>) -> Self {
        let subject = Subject::User(user.id, user.username.clone());
        let event = Event::new(EventAction::UserSignedIn, subject, Detail::nothing());
        Self::of_user((user.id, &user.username), event, origin, at)
    }

    /// A sign-in on the web pages that is complete.
    pub fn session_begun(user: &User, device: &Device, origin: &Origin, at: DateTime<Utc>) -> Self {
        let device = device.to_string();
        let event = Event::new(EventAction::UserSignedIn, user, Detail::Session { device });
        Self::of_user((user.id, &user.username), event, origin, at)
    }

    /// A refresh token that a login by password got.
    pub fn refresh_token_made(
        user: &SignedIn,
        token: &RefreshToken,
        origin: &Origin,
        at: DateTime<Utc>,
    ) -> Self {
        let service = token.service.clone();
        let detail = Detail::RefreshToken { service };
        let event = Event::new(EventAction::RefreshTokenCreated, token, detail);
        Self::of_user((user.id, &user.username), event, origin, at)
    }

    /// A sign-in on the web pages with the right password, which awaits the code of the second factor.
    pub fn second_factor_asked(user: &User, origin: &Origin, at: DateTime<Utc>) -> Self {
        let event = Event::new(EventAction::SecondFactorAsked, user, Detail::nothing());
        Self::of_user((user.id, &user.username), event, origin, at)
    }

    /// A credential of somebody known that was refused.
    pub fn refusal(about: About, cause: Cause, origin: &Origin, at: DateTime<Utc>) -> Self {
        let action = match about.subject {
            Subject::AccessToken(..) => EventAction::AccessTokenRefused,
            Subject::DeployToken(..) => EventAction::DeployTokenRefused,
            Subject::RefreshToken(..) => EventAction::RefreshTokenRefused,
            Subject::User(..)
            | Subject::Namespace(..)
            | Subject::Member(..)
            | Subject::Session(..) => EventAction::SignInRefused,
        };
        Self {
            event: Event::new(action, about, Detail::Refused { cause }),
            author: Actor::Service,
            origin: origin.clone(),
            at,
        }
    }

    /// A use of `token` from an address that is new for it.
    pub fn new_address(token: &AccessToken, address: IpAddr, at: DateTime<Utc>) -> Self {
        let action = EventAction::AccessTokenUsedFromNewAddress;
        Self {
            event: Event::new(action, token, Detail::nothing()),
            author: Actor::Service,
            // Noticed when the use is written down, after the request.
            origin: Origin {
                address: Some(address),
                ..Origin::local(Face::Service)
            },
            at,
        }
    }

    /// The personal access token that was refused because it has ended.
    pub fn ended_token(&self) -> Option<AccessTokenId> {
        match (&self.event.subject, &self.event.detail) {
            (
                Subject::AccessToken(id, _),
                Detail::Refused {
                    cause: Cause::ExpiredToken | Cause::RevokedToken,
                },
            ) => Some(*id),
            _ => None,
        }
    }

    /// An event that a user brought about.
    fn of_user(
        (id, username): (UserId, &Username),
        event: Event,
        origin: &Origin,
        at: DateTime<Utc>,
    ) -> Self {
        Self {
            event,
            author: Actor::User(id, username.clone()),
            origin: origin.clone(),
            at,
        }
    }

    /// The user whose it is, or the group at the top or user's own namespace; none if that is not known.
    pub fn owner(&self) -> Option<ObservationOwner> {
        let entity = self.event.entity.as_ref()?;
        match (entity.kind, &entity.path) {
            (EntityKind::User, _) => Some(ObservationOwner::User(entity.id)),
            (EntityKind::Group | EntityKind::Project, path) => {
                let root = root_of(path.as_ref()?);
                Some(ObservationOwner::Root(root.to_owned()))
            }
        }
    }

    /// True for a sign-in and what it gives out, which take a right password; all else may be brought about as often as
    /// somebody wants.
    pub fn is_sign_in(&self) -> bool {
        matches!(
            self.event.action,
            EventAction::UserSignedIn | EventAction::RefreshTokenCreated
        )
    }

    /// The thing that observations are counted by: of a refresh token that was made, which is always another one, its user.
    pub fn about(&self) -> (&'static str, i64) {
        let subject = &self.event.subject;
        match &self.event.entity {
            Some(owner) if self.event.action == EventAction::RefreshTokenCreated => {
                (owner.kind.name(), owner.id)
            }
            _ => (subject.kind(), subject.id()),
        }
    }

    /// The key of observations that say the same.
    pub fn key(&self) -> ObservationKey {
        let (cause, place) = match &self.event.detail {
            Detail::Refused { cause } => (Some(*cause), None),
            Detail::Session { device: place } | Detail::RefreshToken { service: place } => {
                (None, Some(place.clone()))
            }
            _ => (None, None),
        };
        ObservationKey {
            action: self.event.action,
            about: self.about(),
            cause,
            place,
            network: self.origin.address.map(client_network),
        }
    }
}
