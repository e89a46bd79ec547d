//! The one who makes changes, one after the other: users, groups, projects and roles here, tokens in `tokens.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::dice::Dice;
use super::history::Changed;
use super::readers::Round;
use super::stage::{Call, Done, Door, Stage};
use super::world::{
    Credential, Moment, Place, Question, Scope, User, World, address_of, answer, paths_above,
};

/// The time for which a change is asked for more often.
const RECENT: Moment = 4_000_000;
/// The time for which a password is asked for that works no more.
const REMEMBERED: Moment = 10_000_000;

/// Makes random changes, and notes the world after each.
pub(super) struct Writer<'a> {
    pub(super) stage: &'a Stage,
    pub(super) dice: Dice,
    pub(super) world: World,
    pub(super) changes: Vec<Changed>,
    /// The world before these.
    pub(super) first: World,
    /// Passwords that were replaced or went with their user, and when.
    dead_passwords: Vec<(Moment, Credential)>,
    /// The kinds of changes that were made.
    pub(super) kinds: Vec<Kind>,
    pub(super) names: Names,
    /// The number of things made so far, for names and passwords.
    pub(super) made: usize,
    /// The ids of groups and projects.
    ids: BTreeMap<String, i64>,
}

/// The names of one run.
#[derive(Debug, Clone)]
pub(super) struct Names {
    pub(super) users: Vec<String>,
    /// Each after the one that holds it.
    pub(super) groups: Vec<String>,
    pub(super) projects: Vec<String>,
    pub(super) repositories: Vec<String>,
}

impl Names {
    pub(super) fn of(run: u64) -> Self {
        let users = ["alice", "bob", "carol"].map(|name| format!("{name}-{run}"));
        let [alice, bob, _] = &users;
        let group = format!("team-{run}");
        let within = |parent: &str, names: &[&str]| {
            let names = names.iter().map(|name| format!("{parent}/{name}"));
            names.collect::<Vec<_>>()
        };
        let groups = vec![group.clone(), format!("{group}/part")];
        let projects = [
            within(&group, &["app", "part/lib"]),
            within(alice, &["tool"]),
        ];
        let repositories = [
            within(
                &group,
                &["app", "app/worker", "loose", "part/lib", "part/loose/deep"],
            ),
            within(alice, &["tool", "loose"]),
            within(bob, &["loose"]),
            vec![format!("nothing-{run}/app")],
        ];
        Self {
            groups,
            projects: projects.concat(),
            repositories: repositories.concat(),
            users: users.to_vec(),
        }
    }
}

/// The kinds of changes, each as often as it stands here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    User,
    Flag,
    Block,
    Password,
    SecondFactor,
    DeleteUser,
    Make,
    Show,
    Delete,
    Give,
    GiveForAWhile,
    Take,
    Token,
    Revoke,
    Rotate,
    Reuse,
    Narrow,
    DeployToken,
    RevokeDeployToken,
    LogIn,
    RevokeRefreshToken,
}

#[rustfmt::skip]
const KINDS: [(Kind, usize); 21] = [
    (Kind::User, 30), (Kind::Flag, 6), (Kind::Block, 8), (Kind::Password, 2), (Kind::DeleteUser, 2),
    (Kind::SecondFactor, 6),
    (Kind::Make, 30), (Kind::Show, 12), (Kind::Delete, 4), (Kind::Give, 14), (Kind::GiveForAWhile, 10), (Kind::Take, 6),
    (Kind::Token, 18), (Kind::Revoke, 7), (Kind::Rotate, 10), (Kind::Reuse, 2), (Kind::Narrow, 8),
    (Kind::DeployToken, 8), (Kind::RevokeDeployToken, 5),
    (Kind::LogIn, 14), (Kind::RevokeRefreshToken, 4),
];

const VISIBILITIES: [(Place, &str); 3] = [
    (Place::Private, "private"),
    (Place::Internal, "internal"),
    (Place::Public, "public"),
];

impl<'a> Writer<'a> {
    pub(super) fn new(stage: &'a Stage, names: Names, dice: Dice) -> Self {
        Self {
            stage,
            dice,
            names,
            world: World::default(),
            changes: Vec::new(),
            first: World::default(),
            dead_passwords: Vec::new(),
            kinds: Vec::new(),
            made: 0,
            ids: BTreeMap::new(),
        }
    }

    /// Makes a change of some kind that is possible now, each third time of one that was not made yet.
    pub(super) fn change(&mut self, round: &Round) {
        loop {
            let all = KINDS.iter().map(|(kind, _)| *kind);
            let new: Vec<Kind> = all.filter(|kind| !self.kinds.contains(kind)).collect();
            let kind = match self.dice.any_of(new) {
                Some(kind) if self.dice.percent(33) => kind,
                _ => self.kind(),
            };
            if self.try_to_make(kind).is_some() {
                if !self.kinds.contains(&kind) {
                    self.kinds.push(kind);
                }
                break;
            }
        }
        self.publish(round);
    }

    fn kind(&mut self) -> Kind {
        let all: usize = KINDS.iter().map(|(_, share)| share).sum();
        let mut drawn = self.dice.below(all);
        let kind = KINDS.iter().find_map(|(kind, share)| {
            let is_it = drawn < *share;
            drawn = drawn.saturating_sub(*share);
            is_it.then_some(*kind)
        });
        kind.unwrap()
    }

    fn try_to_make(&mut self, kind: Kind) -> Option<()> {
        match kind {
            Kind::User => self.create_user(),
            Kind::Flag => self.flag_user(),
            Kind::Block => self.block_user(),
            Kind::Password => self.change_password(),
            Kind::SecondFactor => self.second_factor(),
            Kind::DeleteUser => self.delete_user(),
            Kind::Make => self.make_place(),
            Kind::Show => self.show_place(),
            Kind::Delete => self.delete_place(),
            Kind::Give => self.give_role(),
            Kind::GiveForAWhile => self.give_role_for_a_while(),
            Kind::Take => self.take_role(),
            Kind::Token => self.create_token(),
            Kind::Revoke => self.revoke_token(),
            Kind::Rotate => self.rotate_token(),
            Kind::Reuse => self.reuse_token(),
            Kind::Narrow => self.narrow_token(),
            Kind::DeployToken => self.create_deploy_token(),
            Kind::RevokeDeployToken => self.revoke_deploy_token(),
            Kind::LogIn => self.log_in(),
            Kind::RevokeRefreshToken => self.revoke_refresh_token(),
        }
    }

    /// A replica that is not busy, or sometimes the command line.
    pub(super) fn door(&mut self) -> Door {
        if self.dice.percent(12) {
            return Door::CommandLine;
        }
        self.replica()
    }

    pub(super) fn replica(&mut self) -> Door {
        let replicas = &self.stage.replicas;
        let free = (0..replicas.len()).filter(|number| !replicas[*number].is_busy());
        Door::Replica(self.dice.any_of(free).unwrap_or(0))
    }

    /// Notes a change that was made, and the world after it.
    pub(super) fn note(&mut self, door: Door, what: String, done: &Done, world: World) {
        self.changes.push(Changed {
            what,
            by: match door {
                Door::Replica(number) => Some(number),
                Door::CommandLine => None,
            },
            sent: done.sent,
            acknowledged: done.acknowledged,
            world: world.clone(),
        });
        self.world = world;
    }

    pub(super) fn user(&mut self) -> Option<(String, User)> {
        self.dice
            .any_of(self.world.users.iter())
            .map(|(name, user)| (name.clone(), user.clone()))
    }

    pub(super) fn name(&mut self, kind: &str) -> String {
        self.made += 1;
        format!("{kind}-{}", self.made)
    }

    fn create_user(&mut self) -> Option<()> {
        let missing = self
            .names
            .users
            .iter()
            .filter(|name| !self.world.users.contains_key(*name));
        let name = self.dice.any_of(missing.cloned())?;
        let password = self.name("quite a secret");
        let is_external = self.dice.percent(30);
        let door = self.replica();
        let done = self.stage.make(
            door,
            &Call {
                method: "POST",
                path: "/users",
                body: json!({
                    "username": name, "password": password, "external": is_external,
                    "email": address_of(&name),
                }),
                command: &[],
            },
        );
        let mut world = self.world.clone();
        let user = User {
            id: id(&done.reply),
            password,
            is_external,
            ..User::default()
        };
        Arc::make_mut(&mut world.users).insert(name.clone(), user);
        Arc::make_mut(&mut world.places).insert(name.clone(), Place::Private);
        self.note(
            door,
            format!("create user {name}, external: {is_external}"),
            &done,
            world,
        );
        Some(())
    }

    /// Makes a user external or an administrator, or ends that.
    fn flag_user(&mut self) -> Option<()> {
        let (name, mut user) = self.user()?;
        let (flag, to) = if self.dice.percent(60) {
            user.is_external = !user.is_external;
            ("external", user.is_external)
        } else if user.is_administrator && user.has_second_factor {
            // That takes the command line.
            return None;
        } else {
            user.is_administrator = !user.is_administrator;
            ("admin", user.is_administrator)
        };
        let option = format!("--{flag}");
        let call = Call {
            method: "PUT",
            path: &format!("/users/{}", user.id),
            body: json!({ flag: to }),
            command: &["user", "change", &name, &option, &to.to_string()],
        };
        self.change_user(&name, user, &call, format!("make user {name} {flag}: {to}"));
        Some(())
    }

    fn block_user(&mut self) -> Option<()> {
        let (name, mut user) = self.user()?;
        user.is_blocked = !user.is_blocked;
        let verb = if user.is_blocked { "block" } else { "unblock" };
        let command = ["user", verb, &name, "--yes"];
        let call = Call {
            method: "POST",
            path: &format!("/users/{}/{verb}", user.id),
            body: json!({}),
            command: if user.is_blocked {
                &command
            } else {
                &command[..3]
            },
        };
        self.change_user(&name, user, &call, format!("{verb} user {name}"));
        Some(())
    }

    fn change_password(&mut self) -> Option<()> {
        let (name, mut user) = self.user()?;
        if user.is_administrator && user.has_second_factor {
            return None;
        }
        let password = self.name("quite a secret");
        let old = std::mem::replace(&mut user.password, password);
        let door = self.replica();
        let done = self.stage.make(
            door,
            &Call {
                method: "PUT",
                path: &format!("/users/{}", user.id),
                body: json!({ "password": user.password }),
                command: &[],
            },
        );
        self.remember(&name, old, &done);
        let what = format!("change the password of {name}");
        self.note_user(door, (&name, user), &done, what);
        Some(())
    }

    /// Remembers a password that works no more.
    fn remember(&mut self, name: &str, password: String, done: &Done) {
        let credential = Credential::Password(name.to_owned(), password);
        self.dead_passwords.push((done.acknowledged, credential));
    }

    fn change_user(&mut self, name: &str, user: User, call: &Call<'_>, what: String) {
        let door = self.door();
        let done = self.stage.make(door, call);
        self.note_user(door, (name, user), &done, what);
    }

    /// Notes that a user is another one now. Who is blocked, or logs in by something else, has to log in again everywhere.
    pub(super) fn note_user(
        &mut self,
        door: Door,
        (name, user): (&str, User),
        done: &Done,
        what: String,
    ) {
        let mut world = self.world.clone();
        let was = &self.world.users[name];
        let is_over = (user.is_blocked && !was.is_blocked)
            || (user.has_second_factor && !was.has_second_factor)
            || user.password != was.password;
        world.touch_logins(name, |_| is_over);
        Arc::make_mut(&mut world.users).insert(name.to_owned(), user);
        self.note(door, what, done, world);
    }

    /// Their tokens and roles go with them, and what they own becomes tombstones.
    fn delete_user(&mut self) -> Option<()> {
        let (name, user) = self.user()?;
        let door = self.door();
        let done = self.stage.make(
            door,
            &Call {
                method: "DELETE",
                path: &format!("/users/{}?hard_delete=true", user.id),
                body: json!({}),
                command: &["user", "delete", &name, "--yes"],
            },
        );
        self.remember(&name, user.password, &done);
        let mut world = self.world.clone();
        Arc::make_mut(&mut world.users).remove(&name);
        // They are asked for later, too.
        for token in Arc::make_mut(&mut world.tokens).values_mut() {
            token.is_revoked |= token.owner == name;
        }
        world.touch_logins(&name, |_| true);
        Arc::make_mut(&mut world.roles).remove(&name);
        bury(&mut world, &name);
        self.note(door, format!("delete user {name}"), &done, world);
        Some(())
    }

    /// A group or project that is there.
    pub(super) fn place(&mut self) -> Option<String> {
        let Names {
            groups, projects, ..
        } = &self.names;
        let all = groups.iter().chain(projects);
        let there = all.filter(|path| is_there(&self.world, path));
        self.dice.any_of(there.cloned())
    }

    /// Makes a group or project, perhaps where one was deleted.
    fn make_place(&mut self) -> Option<()> {
        let all = self.names.groups.iter().chain(&self.names.projects);
        let can_be_made = all.filter(|path| {
            let above = path.rsplit_once('/').map(|(above, _)| above);
            !is_there(&self.world, path) && above.is_none_or(|above| is_there(&self.world, above))
        });
        let path = self.dice.any_of(can_be_made.cloned())?;
        let (place, visibility) = *self.dice.one_of(&VISIBILITIES);
        let door = self.door();
        let noun = self.noun(&path);
        let (above, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let mut body = json!({ "path": name, "name": name, "visibility": visibility });
        let mut place_of_call = format!("/{noun}s");
        if let Some(user) = self.world.users.get(above) {
            place_of_call = format!("/projects/user/{}", user.id);
        } else if !above.is_empty() {
            let key = if noun == "group" {
                "parent_id"
            } else {
                "namespace_id"
            };
            body[key] = self.ids[above].into();
        }
        let done = self.stage.make(
            door,
            &Call {
                method: "POST",
                path: &place_of_call,
                body,
                command: &[noun, "create", &path, "--visibility", visibility],
            },
        );
        self.ids.insert(path.clone(), id(&done.reply));
        let mut world = self.world.clone();
        Arc::make_mut(&mut world.places).insert(path.clone(), place);
        self.note(
            door,
            format!("make {visibility} {noun} {path}"),
            &done,
            world,
        );
        Some(())
    }

    fn show_place(&mut self) -> Option<()> {
        let path = self.place()?;
        let others = VISIBILITIES
            .iter()
            .filter(|(place, _)| self.world.places[&path] != *place);
        let (place, visibility) = *self.dice.any_of(others)?;
        let door = self.door();
        let noun = self.noun(&path);
        let done = self.stage.make(
            door,
            &Call {
                method: "PUT",
                path: &address(noun, &path),
                body: json!({ "visibility": visibility }),
                command: &[noun, "set-visibility", &path, visibility],
            },
        );
        let mut world = self.world.clone();
        Arc::make_mut(&mut world.places).insert(path.clone(), place);
        self.note(
            door,
            format!("make {noun} {path} {visibility}"),
            &done,
            world,
        );
        Some(())
    }

    fn delete_place(&mut self) -> Option<()> {
        let path = self.place()?;
        let door = self.door();
        let noun = self.noun(&path);
        let done = self.stage.make(
            door,
            &Call {
                method: "DELETE",
                path: &address(noun, &path),
                body: json!({}),
                command: &[noun, "delete", &path, "--yes"],
            },
        );
        let mut world = self.world.clone();
        bury(&mut world, &path);
        self.note(door, format!("delete {noun} {path}"), &done, world);
        Some(())
    }

    pub(super) fn noun(&self, path: &str) -> &'static str {
        if self.names.groups.iter().any(|group| group == path) {
            "group"
        } else {
            "project"
        }
    }

    /// Tells those who ask what there is to ask for, and what the last changes were about.
    pub(super) fn publish(&self, round: &Round) {
        let now = self.stage.clock().now();
        let credentials = self.credentials(now);
        let is_old = |change: &Changed| change.acknowledged <= now - RECENT;
        let (old, late) = self.changes.split_at(self.changes.partition_point(is_old));
        let before = old.last().map_or(&self.first, |change| &change.world);
        let is_different = |credential: &Credential, repository: &str| {
            let question = Question {
                credential: credential.clone(),
                is_post: false,
                scopes: vec![Scope {
                    repository: repository.to_owned(),
                    actions: &["*"],
                }],
            };
            let newest = answer(&self.world, now, &question);
            let mut late = late
                .iter()
                .map(|change| answer(&change.world, now, &question));
            answer(before, now - RECENT, &question) != newest || late.any(|then| then != newest)
        };
        let mut hot = Vec::new();
        for credential in &credentials {
            for repository in &self.names.repositories {
                if is_different(credential, repository) {
                    hot.push((credential.clone(), repository.clone()));
                }
            }
        }
        let mut subjects = round.subjects.write().unwrap();
        subjects.credentials = credentials;
        subjects.repositories.clone_from(&self.names.repositories);
        subjects.hot = hot;
    }

    fn credentials(&self, now: Moment) -> Vec<Credential> {
        let world = &self.world;
        let dead = self.dead_passwords.iter();
        let dead = dead.filter(|(since, _)| *since > now - REMEMBERED);
        let dead = dead.map(|(_, credential)| credential.clone());
        let passwords = world
            .users
            .iter()
            .map(|(name, user)| Credential::Password(name.clone(), user.password.clone()));
        let tokens = world.tokens.keys().cloned().map(Credential::Token);
        let logins = world.refresh_tokens.keys().cloned();
        let logins = logins.map(Credential::RefreshToken);
        let machines = world
            .deploy_tokens
            .iter()
            .map(|(secret, token)| Credential::DeployToken(token.username.clone(), secret.clone()));
        let none = std::iter::once(Credential::None);
        none.chain(passwords)
            .chain(dead)
            .chain(tokens)
            .chain(logins)
            .chain(machines)
            .collect()
    }
}

/// Leaves tombstones at a path and at all that is below it; roles and deploy tokens there end.
fn bury(world: &mut World, path: &str) {
    let is_gone = |other: &str| paths_above(other).contains(&path);
    for (other, place) in Arc::make_mut(&mut world.places) {
        if is_gone(other) {
            *place = Place::Tombstone;
        }
    }
    for roles in Arc::make_mut(&mut world.roles).values_mut() {
        roles.retain(|other, _| !is_gone(other));
    }
    for token in Arc::make_mut(&mut world.deploy_tokens).values_mut() {
        token.is_revoked |= is_gone(&token.path);
    }
}

fn is_there(world: &World, path: &str) -> bool {
    world
        .places
        .get(path)
        .is_some_and(|place| *place != Place::Tombstone)
}

/// The path of a group or project in the API.
pub(super) fn address(noun: &str, path: &str) -> String {
    format!("/{noun}s/{}", path.replace('/', "%2F"))
}

pub(super) fn id(reply: &Value) -> i64 {
    reply["id"].as_i64().unwrap()
}
