//! Events that people are told of, and the notices that they become. Tokens that end together belong to one user: to a
//! family, or to the token that they were made with.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::domain::access_tokens::AccessToken;
use crate::domain::deploy_tokens::DeployToken;
use crate::domain::events::EventAction;
use crate::domain::events::entity::EntityKind;
use crate::domain::events::stored::StoredEvent;
use crate::domain::ids::{AccessTokenId, DeployTokenId, UserId};
use crate::domain::notices::{
    Holder, Matter, NamedToken, NoticeAuthor, NoticedKind, NoticedToken, TokenNotice,
};
use crate::domain::users::User;

/// Personal access tokens that are known, with their owners.
pub type KnownTokens = BTreeMap<AccessTokenId, (AccessToken, User)>;

/// The name of a user or a token that was deleted before the event was read, where the event does not have it; no user's.
const DELETED: &str = "(deleted)";

/// The personal access tokens that must be known for the notices of an event; none for an event that nobody is told of.
pub fn tokens_of(event: &StoredEvent) -> Vec<AccessTokenId> {
    let listed = match EventAction::try_from(event.action.as_str()) {
        Ok(EventAction::AccessTokenRevoked) => listed(event, "revoked_with"),
        Ok(
            EventAction::AccessTokenChanged
            | EventAction::AccessTokenRotated
            | EventAction::AccessTokenReused,
        ) => listed(event, "revoked"),
        _ => return Vec::new(),
    };
    subject(event).into_iter().chain(listed).collect()
}

/// The notice of an event about personal access tokens.
pub fn notice_of(event: &StoredEvent, known: &KnownTokens) -> Option<TokenNotice> {
    let subject = subject(event);
    let (token, matter) = match EventAction::try_from(event.action.as_str()).ok()? {
        EventAction::AccessTokenRotated => (subject?, rotated(event, known)),
        EventAction::AccessTokenRevoked => {
            let with = named(known, &listed(event, "revoked_with"));
            (subject?, Matter::Revoked { with })
        }
        EventAction::AccessTokenChanged => {
            let revoked = listed(event, "revoked");
            let (first, others) = revoked.split_first()?;
            let with = named(known, others);
            (*first, Matter::Revoked { with })
        }
        EventAction::AccessTokenReused => {
            let revoked = named(known, &listed(event, "revoked"));
            (subject?, Matter::Reused { revoked })
        }
        _ => return None,
    };
    let (token, holder) = match known.get(&token) {
        Some((token, owner)) => (token.into(), owner.into()),
        None => deleted(event, token)?,
    };
    Some(TokenNotice {
        matter,
        at: event.created_at,
        token,
        holder,
        author: Some(author(event)),
    })
}

fn rotated(event: &StoredEvent, known: &KnownTokens) -> Matter {
    let value = |name| event.detail.as_ref().and_then(|detail| detail.get(name));
    // The one that was replaced is among those that were revoked.
    let mut others = listed(event, "revoked");
    others.retain(|id| Some(*id) != subject(event));
    Matter::Rotated {
        successor: value("successor")
            .and_then(Value::as_i64)
            .map(AccessTokenId),
        works_until: value("works_until")
            .and_then(Value::as_str)
            .and_then(|text| text.parse().ok()),
        with: named(known, &others),
    }
}

/// A token that was deleted with its owner before the event was read, as far as the event has them.
fn deleted(event: &StoredEvent, id: AccessTokenId) -> Option<(NoticedToken, Holder)> {
    let entity = event.entity.as_ref();
    let owner = entity.filter(|entity| entity.kind == EntityKind::User)?;
    let is_subject = subject(event) == Some(id);
    let is_author = event.actor_id == Some(owner.id);
    let name = |known: Option<&String>| known.map_or(DELETED, String::as_str).to_owned();
    let token = NoticedToken {
        kind: NoticedKind::AccessToken,
        id: id.0,
        name: name(is_subject.then_some(&event.subject_name)),
        ends_at: None,
    };
    let username = owner.path.as_ref();
    let holder = Holder::User {
        id: UserId(owner.id),
        username: name(username.or(is_author.then_some(&event.actor))),
    };
    Some((token, holder))
}

/// The deploy token that an event tells the revocation of.
pub fn deploy_token_of(event: &StoredEvent) -> Option<DeployTokenId> {
    let action = EventAction::try_from(event.action.as_str());
    let is_told = matches!(action, Ok(EventAction::DeployTokenRevoked));
    event.subject_id.filter(|_| is_told).map(DeployTokenId)
}

/// The notice of that deploy token, which was revoked. It is told of with the path that it had then.
pub fn notice_of_deploy_token(event: &StoredEvent, token: &DeployToken) -> Option<TokenNotice> {
    let path = event.entity.as_ref()?.path.clone()?;
    Some(TokenNotice {
        matter: Matter::Revoked { with: Vec::new() },
        at: event.created_at,
        token: token.into(),
        holder: Holder::Namespace { path },
        author: Some(author(event)),
    })
}

fn author(event: &StoredEvent) -> NoticeAuthor {
    NoticeAuthor {
        name: event.actor.clone(),
        address: event.address.clone(),
    }
}

fn subject(event: &StoredEvent) -> Option<AccessTokenId> {
    let is_access_token = event.subject_kind.as_deref() == Some("access_token");
    event
        .subject_id
        .filter(|_| is_access_token)
        .map(AccessTokenId)
}

/// The tokens that the detail lists under that name; `domain/events/listed.rs` writes the first of them.
fn listed(event: &StoredEvent, name: &str) -> Vec<AccessTokenId> {
    let ids = event
        .detail
        .as_ref()
        .and_then(|detail| detail.get(name)?.get("ids")?.as_array());
    let ids = ids.into_iter().flatten();
    ids.filter_map(Value::as_i64).map(AccessTokenId).collect()
}

fn named(known: &KnownTokens, ids: &[AccessTokenId]) -> Vec<NamedToken> {
    let named = |&id: &AccessTokenId| match known.get(&id) {
        Some((token, _)) => token.into(),
        None => NamedToken {
            id,
            name: DELETED.to_owned(),
        },
    };
    ids.iter().map(named).collect()
}
