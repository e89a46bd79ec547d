//! The facts that an answer follows from: whose the credential is, the state of its owner, the owner's roles, and what is
//! at each path. The service looks them up one by one, so they may be of different moments.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::history::{Asked, History};
use super::world::{Credential, Question, Token, World, answer, name_of, paths_above, readings};

/// A part of the world that the service looks up by itself: the rest of the world is empty.
type Part = fn(&World, &Asked, Option<&str>, &str) -> World;

/// True if the answer follows from facts that were each true at some time in the window, and which the replica itself
/// had not changed before the request began: its own changes count at once.
pub(super) fn explain(history: &History, asked: &Asked) -> bool {
    let (from, to) = history.window(asked);
    let own = history.changes[..to]
        .iter()
        .rposition(|change| change.by == Some(asked.replica) && change.acknowledged < asked.begin);
    let since = own.map_or(from, |own| from.max(own + 1));
    if (since..=to).any(|changes| history.answers(changes, asked).contains(&asked.answer)) {
        // The facts of one moment explain it.
        return true;
    }
    let owner = (from..=to).find_map(|changes| owner(history.world(changes), &asked.question));
    let owner = owner.as_deref();
    let mut mixed = vec![World::default()];
    let mut add = |part: Part, path: &str| {
        let values = values(history, asked, |world| part(world, asked, owner, path));
        mixed = mixed
            .iter()
            .flat_map(|world| values.iter().map(|value| joined(world, value)))
            .collect();
    };
    add(credential, "");
    add(user, "");
    add(roles, "");
    for path in paths(&asked.question) {
        add(place, path);
    }
    mixed.iter().any(|world| {
        let mut moments = asked.moments(world).into_iter();
        moments.any(|moment| answer(world, moment, &asked.question) == asked.answer)
    })
}

/// The facts that count for a question, for people.
pub(super) fn of(world: &World, question: &Question) -> String {
    let (token, machine) = match &question.credential {
        Credential::Token(secret) => (world.tokens.get(secret), None),
        Credential::DeployToken(_, secret) => (None, world.deploy_tokens.get(secret)),
        Credential::None | Credential::Password(..) | Credential::RefreshToken(_) => (None, None),
    };
    let login = match &question.credential {
        Credential::RefreshToken(secret) => world.refresh_tokens.get(secret),
        _ => None,
    };
    let owner = owner(world, question);
    let user = owner.as_ref().and_then(|name| world.users.get(name));
    let roles = owner.as_ref().and_then(|name| world.roles.get(name));
    let paths = paths(question);
    let places: Vec<_> = paths
        .into_iter()
        .map(|path| (path, world.places.get(path)))
        .collect();
    format!("{token:?} {login:?} {machine:?} {user:?} {roles:?} {places:?}")
}

/// The paths that a question is about.
fn paths(question: &Question) -> BTreeSet<&str> {
    let repositories = question.scopes.iter().map(|scope| &scope.repository);
    repositories.flat_map(|name| paths_above(name)).collect()
}

/// The values that a fact may have in the eyes of the one who answered.
fn values(history: &History, asked: &Asked, fact: impl Fn(&World) -> World) -> Vec<World> {
    let (from, to) = history.window(asked);
    let mut values = vec![fact(history.world(from))];
    for (at, change) in history.changes.iter().enumerate().take(to).skip(from) {
        let value = fact(&change.world);
        if value == fact(history.world(at)) {
            continue;
        }
        if change.by == Some(asked.replica) && change.acknowledged < asked.begin {
            values.clear();
        }
        values.push(value);
    }
    let credential = &asked.question.credential;
    let values = values.iter();
    let mut read: Vec<World> = Vec::new();
    for value in values.flat_map(|world| readings(world, asked.replica, asked.begin, credential)) {
        if !read.contains(&value) {
            read.push(value);
        }
    }
    read
}

fn owner(world: &World, question: &Question) -> Option<String> {
    match &question.credential {
        Credential::None | Credential::DeployToken(..) => None,
        Credential::Password(name, _) => Some(name_of(name).to_owned()),
        Credential::Token(secret) => world.tokens.get(secret).map(|token| token.owner.clone()),
        Credential::RefreshToken(secret) => {
            let token = world.refresh_tokens.get(secret);
            token.map(|token| token.owner.clone())
        }
    }
}

fn credential(world: &World, asked: &Asked, _: Option<&str>, _: &str) -> World {
    let mut part = World::default();
    match &asked.question.credential {
        Credential::None | Credential::Password(..) => {}
        Credential::Token(secret) => {
            part.tokens = Arc::new(that_count(only(&world.tokens, secret)));
        }
        Credential::RefreshToken(secret) => {
            part.refresh_tokens = Arc::new(only(&world.refresh_tokens, secret));
        }
        Credential::DeployToken(_, secret) => {
            part.deploy_tokens = Arc::new(only(&world.deploy_tokens, secret));
        }
    }
    part
}

/// Tokens as far as answers depend on them: nobody looks at more of one that is revoked, nor at where it comes from.
fn that_count(mut tokens: BTreeMap<String, Token>) -> BTreeMap<String, Token> {
    tokens.retain(|_, token| !token.is_revoked);
    for token in tokens.values_mut() {
        (token.id, token.family, token.maker) = (0, 0, None);
    }
    tokens
}

fn user(world: &World, _: &Asked, owner: Option<&str>, _: &str) -> World {
    World {
        users: Arc::new(owner.map_or_else(BTreeMap::new, |name| only(&world.users, name))),
        ..World::default()
    }
}

fn roles(world: &World, _: &Asked, owner: Option<&str>, _: &str) -> World {
    World {
        roles: Arc::new(owner.map_or_else(BTreeMap::new, |name| only(&world.roles, name))),
        ..World::default()
    }
}

fn place(world: &World, _: &Asked, _: Option<&str>, path: &str) -> World {
    World {
        places: Arc::new(only(&world.places, path)),
        ..World::default()
    }
}

fn only<V: Clone>(all: &BTreeMap<String, V>, key: &str) -> BTreeMap<String, V> {
    let found = all.get_key_value(key);
    found
        .map(|(key, value)| (key.clone(), value.clone()))
        .into_iter()
        .collect()
}

fn joined(one: &World, other: &World) -> World {
    fn both<V: Clone>(
        one: &Arc<BTreeMap<String, V>>,
        other: &Arc<BTreeMap<String, V>>,
    ) -> Arc<BTreeMap<String, V>> {
        let mut all = BTreeMap::clone(one);
        all.extend(BTreeMap::clone(other));
        Arc::new(all)
    }
    World {
        users: both(&one.users, &other.users),
        tokens: both(&one.tokens, &other.tokens),
        refresh_tokens: both(&one.refresh_tokens, &other.refresh_tokens),
        deploy_tokens: both(&one.deploy_tokens, &other.deploy_tokens),
        places: both(&one.places, &other.places),
        roles: both(&one.roles, &other.roles),
    }
}
