//! The model: what is true, and the answer that follows from it.
//!
//! It is written from docs/architecture.md and shares nothing with the service, so that a mistake would have to be
//! made twice. It is slow and says each rule once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// A moment, in microseconds of Unix time.
pub(super) type Moment = i64;

/// All that answers depend on. Each part is shared with the worlds before it until it changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct World {
    /// By user name.
    pub(super) users: Arc<BTreeMap<String, User>>,
    /// By secret.
    pub(super) tokens: Arc<BTreeMap<String, Token>>,
    /// By secret.
    pub(super) refresh_tokens: Arc<BTreeMap<String, RefreshToken>>,
    /// By secret.
    pub(super) deploy_tokens: Arc<BTreeMap<String, DeployToken>>,
    /// By path.
    pub(super) places: Arc<BTreeMap<String, Place>>,
    /// By user name, then by path.
    pub(super) roles: Arc<BTreeMap<String, BTreeMap<String, Role>>>,
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "the states of a user, each on its own"
)]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct User {
    pub(super) id: i64,
    pub(super) password: String,
    pub(super) is_blocked: bool,
    pub(super) is_administrator: bool,
    pub(super) is_external: bool,
    pub(super) has_second_factor: bool,
}

/// A personal access token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) id: i64,
    pub(super) owner: String,
    pub(super) scopes: BTreeSet<String>,
    /// Patterns; empty for all repositories.
    pub(super) repositories: Vec<String>,
    pub(super) end: Option<Moment>,
    /// The end of its grace, if another one took its place and left it one.
    pub(super) grace: Option<Moment>,
    pub(super) is_revoked: bool,
    /// The id of the first of the tokens that took each other's place.
    pub(super) family: i64,
    /// The id of the token that it was made with.
    pub(super) maker: Option<i64>,
}

/// A token that a login by password left with its client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RefreshToken {
    pub(super) id: i64,
    pub(super) owner: String,
    pub(super) is_revoked: bool,
    /// The login that deleted it, if its user had too many.
    pub(super) deleted: Option<Deletion>,
}

/// A login deleted a refresh token, and told no other replica: on these it may work on for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Deletion {
    pub(super) by: usize,
    pub(super) until: Moment,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DeployToken {
    pub(super) id: i64,
    pub(super) username: String,
    pub(super) path: String,
    pub(super) scopes: BTreeSet<String>,
    pub(super) end: Option<Moment>,
    pub(super) is_revoked: bool,
}

/// What is at a path: a group, a project, a user's own namespace, or what is left of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Private,
    Internal,
    Public,
    Tombstone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Role {
    pub(super) level: Level,
    pub(super) end: Option<Moment>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Guest,
    Reporter,
    Developer,
    Maintainer,
    Owner,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Credential {
    None,
    /// A user name, or the user's e-mail address, and a password.
    Password(String, String),
    Token(String),
    RefreshToken(String),
    /// A user name and a secret.
    DeployToken(String, String),
}

/// A request: one scope or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) credential: Credential,
    /// True if it comes as the form of a `POST`; that makes no difference.
    pub(super) is_post: bool,
    pub(super) scopes: Vec<Scope>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) repository: String,
    pub(super) actions: &'static [&'static str],
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Answer {
    /// 401: the credential is none.
    Refused,
    /// 403: the credential is good, but not for a registry.
    Forbidden,
    /// 200 with these actions, each after the name of its repository and a colon.
    Granted(BTreeSet<String>),
}

/// The domain of everybody's e-mail address.
const DOMAIN: &str = "@example.com";

/// The e-mail address of a user.
pub(super) fn address_of(name: &str) -> String {
    format!("{name}{DOMAIN}")
}

/// The name of the user who logs in by their name or e-mail address.
pub(super) fn name_of(login: &str) -> &str {
    login.strip_suffix(DOMAIN).unwrap_or(login)
}

impl World {
    /// The moments at which something ends by the clock.
    pub(super) fn ends(&self) -> impl Iterator<Item = Moment> {
        let tokens = self.tokens.values();
        let tokens = tokens.flat_map(|token| [token.end, token.grace]);
        let machines = self.deploy_tokens.values().map(|token| token.end);
        let roles = self.roles.values().flat_map(BTreeMap::values);
        let roles = roles.map(|role| role.end);
        tokens.chain(machines).chain(roles).flatten()
    }

    /// Does what every change of a user does to their refresh tokens: those that are meant are revoked, and all that logins
    /// deleted end everywhere, because the replicas hear of the user.
    pub(super) fn touch_logins(&mut self, user: &str, is_meant: impl Fn(&RefreshToken) -> bool) {
        for token in Arc::make_mut(&mut self.refresh_tokens).values_mut() {
            if token.owner == user {
                token.is_revoked |= token.deleted.is_some() || is_meant(token);
            }
        }
    }
}

const REGISTRY_SCOPES: [&str; 3] = ["read_registry", "write_registry", "delete_registry"];

/// The answer to `question` at `moment`, if the world is like that.
pub(super) fn answer(world: &World, moment: Moment, question: &Question) -> Answer {
    let mut granted = BTreeSet::new();
    if let Err(refusal) = check(world, moment, &question.credential) {
        return refusal;
    }
    for Scope {
        repository,
        actions,
    } in &question.scopes
    {
        let held = held((world, moment), &question.credential, repository);
        // What is asked with `*` is all that is held.
        let is_asked = |action: &str| {
            actions
                .iter()
                .any(|asked| *asked == "*" || *asked == action)
        };
        let allowed = held.iter().filter(|action| is_asked(action));
        granted.extend(allowed.map(|action| format!("{repository}:{action}")));
    }
    Answer::Granted(granted)
}

/// The refusal of a credential that opens nothing.
fn check(world: &World, moment: Moment, credential: &Credential) -> Result<(), Answer> {
    let is_over = |end: Option<Moment>| end.is_some_and(|end| end <= moment);
    let is_good = match credential {
        Credential::None => true,
        Credential::Password(name, password) => {
            world.users.get(name_of(name)).is_some_and(|user| {
                !user.is_blocked && !user.has_second_factor && user.password == *password
            })
        }
        Credential::RefreshToken(secret) => {
            let token = world.refresh_tokens.get(secret);
            token.is_some_and(|token| {
                let user = world.users.get(&token.owner);
                let is_open = user.is_some_and(|user| !user.is_blocked && !user.has_second_factor);
                is_open && !token.is_revoked && token.deleted.is_none()
            })
        }
        Credential::Token(secret) => world.tokens.get(secret).is_some_and(|token| {
            let user = world.users.get(&token.owner);
            let is_ended = token.is_revoked || is_over(token.end) || is_over(token.grace);
            user.is_some_and(|user| !user.is_blocked) && !is_ended
        }),
        Credential::DeployToken(username, secret) => {
            let token = world.deploy_tokens.get(secret);
            token.is_some_and(|token| {
                !token.is_revoked && !is_over(token.end) && token.username == *username
            })
        }
    };
    if !is_good {
        return Err(Answer::Refused);
    }
    match credential {
        Credential::Token(secret) if !opens_the_registry(&world.tokens[secret].scopes) => {
            Err(Answer::Forbidden)
        }
        _ => Ok(()),
    }
}

/// The actions that a good credential may have on a repository.
fn held(
    (world, moment): (&World, Moment),
    credential: &Credential,
    repository: &str,
) -> BTreeSet<String> {
    let now = (world, moment);
    match credential {
        Credential::None => to_anonymous(place_of(world, repository)),
        Credential::Password(name, _) => to_login(now, name_of(name), repository),
        Credential::RefreshToken(secret) => {
            to_login(now, &world.refresh_tokens[secret].owner, repository)
        }
        Credential::Token(secret) => {
            let token = &world.tokens[secret];
            let limits = (&token.scopes, &token.repositories[..]);
            to_user(now, &token.owner, limits, repository)
        }
        Credential::DeployToken(_, secret) => {
            let token = &world.deploy_tokens[secret];
            to_deploy_token(token, place_of(world, repository), repository)
        }
    }
}

/// The worlds that a replica may take this one for: a refresh token that a login deleted elsewhere may work on.
pub(super) fn readings(
    world: &World,
    replica: usize,
    moment: Moment,
    credential: &Credential,
) -> Vec<World> {
    let mut readings = vec![world.clone()];
    if let Credential::RefreshToken(secret) = credential
        && let Some(token) = world.refresh_tokens.get(secret)
        && let Some(deletion) = &token.deleted
        && deletion.by != replica
        && moment < deletion.until
    {
        let mut other = world.clone();
        let kept = RefreshToken {
            deleted: None,
            ..token.clone()
        };
        Arc::make_mut(&mut other.refresh_tokens).insert(secret.clone(), kept);
        readings.push(other);
    }
    readings
}

/// The path and all paths above it, the longest first.
pub(super) fn paths_above(repository: &str) -> Vec<&str> {
    let mut paths = vec![repository];
    while let Some((above, _)) = paths[paths.len() - 1].rsplit_once('/') {
        paths.push(above);
    }
    paths
}

/// The longest path that exists decides alone, also if what was there is deleted.
fn place_of(world: &World, repository: &str) -> Option<Place> {
    let mut paths = paths_above(repository).into_iter();
    paths.find_map(|path| world.places.get(path).copied())
}

fn to_anonymous(place: Option<Place>) -> BTreeSet<String> {
    set(if place == Some(Place::Public) {
        &["pull"]
    } else {
        &[]
    })
}

/// A login has every scope of registries, but not `api`.
fn to_login((world, moment): (&World, Moment), name: &str, repository: &str) -> BTreeSet<String> {
    let scopes = REGISTRY_SCOPES.map(str::to_owned).into();
    to_user((world, moment), name, (&scopes, &[]), repository)
}

/// What the owner may do and the token may do, and what anyone may pull.
fn to_user(
    (world, moment): (&World, Moment),
    name: &str,
    (scopes, patterns): (&BTreeSet<String>, &[String]),
    repository: &str,
) -> BTreeSet<String> {
    let user = &world.users[name];
    let place = place_of(world, repository);
    let mut held: BTreeSet<String> = BTreeSet::new();
    if user.is_administrator {
        held = set(&["pull", "push", "delete"]);
        if scopes.contains("api") {
            held.insert("*".to_owned());
        }
    } else if let Some(place) = place.filter(|place| *place != Place::Tombstone) {
        let is_open = place == Place::Public || (place == Place::Internal && !user.is_external);
        if is_open {
            held.insert("pull".to_owned());
        }
        held.extend(match highest_role((world, moment), name, repository) {
            None | Some(Level::Guest) => set(&[]),
            Some(Level::Reporter) => set(&["pull"]),
            Some(Level::Developer) => set(&["pull", "push"]),
            Some(Level::Maintainer | Level::Owner) => set(&["pull", "push", "delete"]),
        });
    }
    let is_covered =
        patterns.is_empty() || patterns.iter().any(|pattern| covers(pattern, repository));
    held.retain(|action| is_covered && permits(scopes, action));
    held.extend(to_anonymous(place));
    held
}

/// Roles count in their place and below until they end; everyone owns what bears their name.
fn highest_role((world, moment): (&World, Moment), user: &str, repository: &str) -> Option<Level> {
    let paths = paths_above(repository);
    let given = world.roles.get(user);
    let given = paths
        .iter()
        .filter_map(|path| given?.get(*path))
        .filter(|role| role.end.is_none_or(|end| moment < end))
        .map(|role| role.level)
        .max();
    let own = paths.contains(&user).then_some(Level::Owner);
    given.max(own)
}

/// Its scopes count in its place and below; elsewhere it is anonymous.
fn to_deploy_token(
    token: &DeployToken,
    place: Option<Place>,
    repository: &str,
) -> BTreeSet<String> {
    let mut held = to_anonymous(place);
    let is_there = place.is_some_and(|place| place != Place::Tombstone);
    if is_there && paths_above(repository).contains(&token.path.as_str()) {
        if token.scopes.contains("read_registry") {
            held.insert("pull".to_owned());
        }
        if token.scopes.contains("write_registry") {
            held.insert("push".to_owned());
        }
    }
    held
}

fn opens_the_registry(scopes: &BTreeSet<String>) -> bool {
    let opening = [
        "read_registry",
        "write_registry",
        "delete_registry",
        "read_api",
        "api",
    ];
    opening.iter().any(|scope| scopes.contains(*scope))
}

fn permits(scopes: &BTreeSet<String>, action: &str) -> bool {
    let any_of = |wanted: &[&str]| wanted.iter().any(|scope| scopes.contains(*scope));
    match action {
        "pull" => any_of(&["read_registry", "read_api", "api"]),
        "push" => any_of(&["write_registry", "api"]),
        "delete" => any_of(&["delete_registry", "api"]),
        _ => any_of(&["api"]),
    }
}

/// True if the pattern covers the repository: `*` is a part of one segment, `**` any number of segments.
fn covers(pattern: &str, repository: &str) -> bool {
    fn segments(pattern: &[&str], name: &[&str]) -> bool {
        match (pattern.split_first(), name.split_first()) {
            (None, None) => true,
            (Some((&"**", rest)), _) => (0..=name.len()).any(|skip| segments(rest, &name[skip..])),
            (Some((first, rest)), Some((segment, others))) => {
                letters(first, segment) && segments(rest, others)
            }
            (None, Some(_)) | (Some(_), None) => false,
        }
    }
    fn letters(pattern: &str, text: &str) -> bool {
        match pattern.split_once('*') {
            None => pattern == text,
            Some((before, after)) => text
                .strip_prefix(before)
                .is_some_and(|text| (0..=text.len()).any(|skip| letters(after, &text[skip..]))),
        }
    }
    let pattern: Vec<&str> = pattern.split('/').collect();
    let name: Vec<&str> = repository.split('/').collect();
    segments(&pattern, &name)
}

pub(super) fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused => f.write_str("401"),
            Self::Forbidden => f.write_str("403"),
            Self::Granted(actions) => {
                let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
                write!(f, "200 [{}]", actions.join(","))
            }
        }
    }
}
