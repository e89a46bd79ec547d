//! Changes of roles.

use std::sync::Arc;

use serde_json::json;
use wharfinger::domain::members::access_level::AccessLevel;

use super::stage::{Call, Done, Door};
use super::world::{Level, Moment, Role, paths_above};
use super::writer::{Writer, address};

const SECOND: Moment = 1_000_000;
/// The time around the end of a role in which it is left alone, so that it does not end in the middle of a change.
const NEAR: Moment = 4 * SECOND;

const LEVELS: [(Level, &str, i64); 5] = [
    (Level::Guest, "guest", 10),
    (Level::Reporter, "reporter", 20),
    (Level::Developer, "developer", 30),
    (Level::Maintainer, "maintainer", 40),
    (Level::Owner, "owner", 50),
];

impl Writer<'_> {
    /// The role that a user has in that very place, or had until a moment ago.
    fn role(&self, user: &str, path: &str) -> Option<Role> {
        let role = self.world.roles.get(user)?.get(path)?;
        let past = self.stage.clock().now() - NEAR;
        role.end.is_none_or(|end| end > past).then_some(*role)
    }

    /// True while it ends.
    fn is_ending(&self, role: &Role) -> bool {
        let now = self.stage.clock().now();
        role.end.is_some_and(|end| (end - now).abs() < NEAR)
    }

    fn note_role(&mut self, door: Door, (user, path, role): (&str, &str, Role), done: &Done) {
        let mut world = self.world.clone();
        let roles = Arc::make_mut(&mut world.roles);
        let roles = roles.entry(user.to_owned()).or_default();
        roles.insert(path.to_owned(), role);
        let what = format!("give {user} a role in {path}: {role:?}");
        self.note(door, what, done, world);
    }

    /// Gives a role that ends after some seconds, in the place of any other one. API and commands know only dates, and so this
    /// one calls what is behind the commands.
    pub(super) fn give_role_for_a_while(&mut self) -> Option<()> {
        let (path, (name, user)) = (self.place()?, self.user()?);
        let level = self.dice.one_of(&LEVELS[1..]).0;
        let seconds = i64::try_from(self.dice.number(1, 9)).unwrap();
        let end = (self.stage.clock().now() / SECOND + seconds) * SECOND;
        let done = self.stage.give_role((&path, user.id), level.into(), end);
        let role = Role {
            level,
            end: Some(end),
        };
        self.note_role(Door::CommandLine, (&name, &path, role), &done);
        Some(())
    }

    /// Gives a role, or another one.
    pub(super) fn give_role(&mut self) -> Option<()> {
        let (path, (name, user)) = (self.place()?, self.user()?);
        let held = self.role(&name, &path);
        if held.is_some_and(|held| self.is_ending(&held)) {
            return None;
        }
        let others = LEVELS
            .iter()
            .filter(|(level, ..)| held.is_none_or(|held| held.level != *level));
        let (level, role, number) = *self.dice.any_of(others)?;
        let members = format!("{}/members", address(self.noun(&path), &path));
        let member = format!("{members}/{}", user.id);
        let door = self.door();
        let (method, place, verb) = match held {
            None => ("POST", &members, "add"),
            Some(_) => ("PUT", &member, "change"),
        };
        let mut body = json!({ "access_level": number });
        if held.is_none() {
            body["user_id"] = user.id.into();
        }
        let done = self.stage.make(
            door,
            &Call {
                method,
                path: place,
                body,
                command: &["member", verb, &path, &name, "--level", role],
            },
        );
        let role_now = Role {
            level,
            end: held.and_then(|held| held.end),
        };
        self.note_role(door, (&name, &path, role_now), &done);
        Some(())
    }

    /// Takes a role away: over the API with those below it, if nothing else is said.
    pub(super) fn take_role(&mut self) -> Option<()> {
        let (name, user) = self.user()?;
        let held = self.world.roles.get(&name)?.keys().cloned();
        let path = self.dice.any_of(held)?;
        if self.is_ending(&self.role(&name, &path)?) {
            return None;
        }
        let member = format!("{}/members/{}", address(self.noun(&path), &path), user.id);
        let door = self.door();
        let stay = door == Door::CommandLine || self.dice.percent(30);
        let done = self.stage.make(
            door,
            &Call {
                method: "DELETE",
                path: &member,
                body: if stay {
                    json!({ "skip_subresources": true })
                } else {
                    json!({})
                },
                command: &["member", "remove", &path, &name, "--yes"],
            },
        );
        let mut world = self.world.clone();
        let roles = Arc::make_mut(&mut world.roles)
            .entry(name.clone())
            .or_default();
        roles.retain(|other, _| {
            let is_below = paths_above(other).contains(&path.as_str());
            *other != path && (stay || !is_below)
        });
        let what = format!("take the role of {name} in {path}, those below stay: {stay}");
        self.note(door, what, &done, world);
        Some(())
    }
}

impl From<Level> for AccessLevel {
    fn from(level: Level) -> Self {
        match level {
            Level::Guest => Self::Guest,
            Level::Reporter => Self::Reporter,
            Level::Developer => Self::Developer,
            Level::Maintainer => Self::Maintainer,
            Level::Owner => Self::Owner,
        }
    }
}
