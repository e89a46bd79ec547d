//! Changes of personal access tokens and deploy tokens.

use std::sync::Arc;

use chrono::DateTime;
use serde_json::{Value, json};

use super::history::CLOCKS;
use super::stage::{Call, Done, Door};
use super::world::{DeployToken, Moment, Token, World, set};
use super::writer::{Writer, address, id};

/// The most tokens that are asked for; of those that work no more, the oldest are forgotten.
const MOST: usize = 24;

const SECOND: Moment = 1_000_000;
const DAY: Moment = 24 * 3600 * SECOND;
/// The time that a token must still have, so that nothing about it ends by itself in the middle of a change.
const A_WHILE: Moment = 60 * SECOND;

const SCOPES: [&[&str]; 8] = [
    &["read_registry"],
    &["read_registry", "write_registry"],
    &["read_registry", "write_registry", "delete_registry"],
    &["write_registry"],
    &["read_user", "self_rotate"],
    &["read_api"],
    &["api"],
    &["api", "write_registry"],
];

impl Writer<'_> {
    /// A token that works and goes on working for a while.
    fn token(&mut self) -> Option<(String, Token)> {
        let later = self.stage.clock().now() + A_WHILE;
        let lasts = |token: &Token| token.end.is_none_or(|end| end > later);
        let good = self
            .world
            .tokens
            .iter()
            .filter(|(_, token)| !token.is_revoked && token.grace.is_none() && lasts(token));
        self.dice
            .any_of(good)
            .map(|(secret, token)| (secret.clone(), token.clone()))
    }

    /// A lifetime of some seconds, a long one, or none.
    fn lifetime(&mut self) -> Option<String> {
        match self.dice.below(10) {
            0..3 => Some(format!("{}s", self.dice.number(1, 5))),
            3..5 => Some("1h".to_owned()),
            _ => None,
        }
    }

    fn patterns(&mut self) -> Vec<String> {
        let group = self.names.groups[0].clone();
        let endings = ["**", "*", "app", "app/**", "a*", "part/*"];
        let mut patterns = vec![format!("{group}/{}", self.dice.one_of(&endings))];
        if self.dice.percent(30) {
            patterns.push(format!("{}/*", self.names.users[0]));
        }
        patterns
    }

    /// Makes a token, sometimes with another one of the same user.
    pub(super) fn create_token(&mut self) -> Option<()> {
        self.forget_old_ones();
        let owner = self.dice.any_of(self.world.users.keys().cloned())?;
        let maker = self.token().filter(|(_, maker)| {
            let is_blocked = self.world.users[&maker.owner].is_blocked;
            maker.scopes.contains("api") && !is_blocked && maker.maker.is_none()
        });
        let owner = maker
            .as_ref()
            .map_or(owner, |(_, maker)| maker.owner.clone());
        let mut scopes = *self.dice.one_of(&SCOPES);
        if maker.is_some() && scopes.contains(&"api") {
            scopes = &["read_registry", "write_registry"];
        }
        let may_be_narrowed = scopes.iter().all(|scope| scope.ends_with("_registry"));
        let repositories = if may_be_narrowed && self.dice.percent(40) {
            self.patterns()
        } else {
            Vec::new()
        };
        // A token cannot last longer than its maker.
        let lifetime = self
            .lifetime()
            .filter(|time| maker.is_none() || time != "1h");
        let name = self.name("token");
        let mut body = json!({ "name": name, "scopes": scopes, "repositories": repositories });
        let mut command = vec!["token", "create", "--user", &owner, "--name", &name];
        command.extend(scopes.iter().flat_map(|scope| ["--scope", *scope]));
        command.extend(
            repositories
                .iter()
                .flat_map(|pattern| ["--repository", pattern]),
        );
        if let Some(lifetime) = &lifetime {
            body["expires_in"] = lifetime.as_str().into();
            command.extend(["--expires-in", lifetime]);
        }
        let own = "/user/personal_access_tokens".to_owned();
        let of_user = format!(
            "/users/{}/personal_access_tokens",
            self.world.users[&owner].id
        );
        let path = if maker.is_some() { own } else { of_user };
        let call = Call {
            method: "POST",
            path: &path,
            body,
            command: &command,
        };
        let (door, done) = match &maker {
            None => {
                let door = self.door();
                (door, self.stage.make(door, &call))
            }
            Some((secret, _)) => {
                let door = self.replica();
                (door, self.stage.make_as(secret, door, &call))
            }
        };
        let id = id(&done.reply);
        let bound = maker.as_ref().and_then(|(_, maker)| maker.end);
        let token = Token {
            id,
            owner: owner.clone(),
            scopes: set(scopes),
            repositories,
            end: lifetime.map_or(bound, |time| Some(end_after(&time, &done))),
            family: id,
            maker: maker.map(|(_, maker)| maker.id),
            ..Token::default()
        };
        assert_eq!(moment(&done.reply["expires_at_time"]), token.end);
        let what = format!("make token {id} of {owner}: {token:?}");
        let mut world = self.world.clone();
        Arc::make_mut(&mut world.tokens).insert(secret(&done), token);
        self.note(door, what, &done, world);
        Some(())
    }

    /// What does not work any more is refused for ever, as if it had never been.
    fn forget_old_ones(&mut self) {
        let now = self.stage.clock().now();
        let is_over = |end: Option<Moment>| end.is_some_and(|end| end < now - 10 * SECOND);
        let mut world = self.world.clone();
        let tokens = Arc::make_mut(&mut world.tokens);
        let old = tokens
            .iter()
            .filter(|(_, token)| token.is_revoked || is_over(token.end) || is_over(token.grace));
        let mut old: Vec<_> = old
            .map(|(secret, token)| (token.id, secret.clone()))
            .collect();
        old.sort();
        old.truncate(tokens.len().saturating_sub(MOST));
        for (_, secret) in old {
            tokens.remove(&secret);
        }
        let tokens = Arc::make_mut(&mut world.deploy_tokens);
        let old = tokens
            .iter()
            .filter(|(_, token)| token.is_revoked || is_over(token.end));
        let mut old: Vec<_> = old
            .map(|(secret, token)| (token.id, secret.clone()))
            .collect();
        old.sort();
        old.truncate(tokens.len().saturating_sub(MOST / 2));
        for (_, secret) in old {
            tokens.remove(&secret);
        }
        self.world = world;
    }

    /// Those whose place it took and those that were made with them go too.
    pub(super) fn revoke_token(&mut self) -> Option<()> {
        let (_, token) = self.token()?;
        let door = self.door();
        let done = self.stage.make(
            door,
            &Call {
                method: "DELETE",
                path: &format!("/personal_access_tokens/{}", token.id),
                body: json!({}),
                command: &["token", "revoke", &token.id.to_string(), "--yes"],
            },
        );
        let mut world = self.world.clone();
        let gone = with_those_before(&world, &token);
        revoke(&mut world, |other| {
            gone.contains(&other.id) || other.maker.is_some_and(|maker| gone.contains(&maker))
        });
        self.note(door, format!("revoke token {}", token.id), &done, world);
        Some(())
    }

    pub(super) fn rotate_token(&mut self) -> Option<()> {
        let (old_secret, old) = self.token()?;
        let grace = self
            .dice
            .percent(60)
            .then(|| format!("{}s", self.dice.number(1, 5)));
        let number = old.id.to_string();
        let mut body = json!({});
        let mut command = vec!["token", "rotate", &number];
        if let Some(grace) = &grace {
            body["grace"] = grace.as_str().into();
            command.extend(["--grace", grace]);
        }
        let door = self.door();
        let path = format!("/personal_access_tokens/{number}/rotate");
        let call = Call {
            method: "POST",
            path: &path,
            body,
            command: &command,
        };
        let done = self.stage.make(door, &call);
        let new = Token {
            id: id(&done.reply),
            end: self.end_of_successor(&old, &done),
            ..old.clone()
        };
        let mut world = self.world.clone();
        let ended = with_those_before(&world, &old);
        if let Some(grace) = &grace {
            let told = Done {
                reply: self.view_of(old.id)["grace_until"].clone(),
                ..done.clone()
            };
            let end = moment(&told.reply);
            assert!(
                new.end
                    .is_none_or(|last| end.is_some_and(|end| end <= last))
            );
            Arc::make_mut(&mut world.tokens)
                .get_mut(&old_secret)
                .unwrap()
                // It is cut at the end of the new token.
                .grace = new
                .end
                .filter(|_| end == new.end)
                .or_else(|| Some(end_after(grace, &told)));
        } else {
            // What was made with those before the old one goes with them.
            revoke(&mut world, |other| {
                let by_one_before = |maker: &i64| *maker != old.id && ended.contains(maker);
                ended.contains(&other.id) || other.maker.as_ref().is_some_and(by_one_before)
            });
        }
        let tokens = Arc::make_mut(&mut world.tokens);
        // What was made with the old one depends on the new one.
        for other in tokens.values_mut() {
            if other.maker == Some(old.id) {
                other.maker = Some(new.id);
            }
        }
        let what = format!(
            "put token {} in the place of {number}, grace: {grace:?}",
            new.id
        );
        tokens.insert(secret(&done), new.clone());
        if grace.is_some() {
            end_graces(&mut world, &new);
        }
        self.note(door, what, &done, world);
        Some(())
    }

    /// Tries to rotate a token with itself after it was revoked: the whole family goes, with what was made with it.
    pub(super) fn reuse_token(&mut self) -> Option<()> {
        let revoked = self.world.tokens.iter().filter(|(_, token)| {
            let user = self.world.users.get(&token.owner);
            let is_there = user.is_some_and(|user| !user.is_blocked);
            token.is_revoked && token.end.is_none() && is_there
        });
        let (secret, token) = self.dice.any_of(revoked)?;
        let (secret, token) = (secret.clone(), token.clone());
        let door @ Door::Replica(number) = self.replica() else {
            return None;
        };
        let sent = self.stage.clock().now();
        let reply = self.stage.insist(
            &secret,
            number,
            &Call {
                method: "POST",
                path: "/personal_access_tokens/self/rotate",
                body: json!({}),
                command: &[],
            },
        );
        assert_eq!(reply.0, 401, "{}", reply.1);
        let done = Done {
            reply: Value::Null,
            sent,
            acknowledged: self.stage.clock().now(),
        };
        let mut world = self.world.clone();
        let members = world
            .tokens
            .values()
            .filter(|other| other.family == token.family);
        let gone: Vec<i64> = members.map(|other| other.id).collect();
        revoke(&mut world, |other| {
            gone.contains(&other.id) || other.maker.is_some_and(|maker| gone.contains(&maker))
        });
        self.note(door, format!("reuse token {}", token.id), &done, world);
        Some(())
    }

    /// Takes scopes, repositories or time from a token.
    pub(super) fn narrow_token(&mut self) -> Option<()> {
        let (secret, mut token) = self.token()?;
        let scope = self.dice.any_of(token.scopes.iter().cloned())?;
        let (mut body, mut lifetime) = (json!({}), None);
        if self.dice.percent(40) && token.scopes.len() > 1 {
            token.scopes.remove(&scope);
            body["scopes"] = json!(token.scopes);
        } else if self.dice.percent(50) {
            lifetime = Some(format!("{}s", self.dice.number(1, 5)));
            body["expires_in"] = json!(lifetime);
        } else {
            if token
                .scopes
                .iter()
                .any(|scope| !scope.ends_with("_registry"))
            {
                return None;
            }
            token.repositories = if token.repositories.is_empty() {
                self.patterns()
            } else {
                vec![self.dice.any_of(token.repositories)?]
            };
            body["repositories"] = json!(token.repositories);
        }
        let door = self.replica();
        let what = format!("narrow token {}: {body}", token.id);
        let done = self.stage.make(
            door,
            &Call {
                method: "PATCH",
                path: &format!("/personal_access_tokens/{}", token.id),
                body,
                command: &[],
            },
        );
        let was = token.end;
        token.end = lifetime.map_or(was, |time| Some(end_after(&time, &done)));
        assert_eq!(moment(&done.reply["expires_at_time"]), token.end);
        let mut world = self.world.clone();
        if token.end != was {
            end_graces(&mut world, &token);
        }
        for other in Arc::make_mut(&mut world.tokens).values_mut() {
            if other.maker == Some(token.id) {
                // None of them lasts longer, and without `api` it could not have made them.
                other.end = other.end.into_iter().chain(token.end).min();
                other.is_revoked |= !token.scopes.contains("api");
            }
        }
        Arc::make_mut(&mut world.tokens).insert(secret, token);
        self.note(door, what, &done, world);
        Some(())
    }

    pub(super) fn create_deploy_token(&mut self) -> Option<()> {
        let path = self.place()?;
        let scopes = *self.dice.one_of(&SCOPES[..2]);
        let name = self.name("machine");
        let mut body = json!({ "name": name, "scopes": scopes, "username": name });
        let mut command = vec![
            "deploy-token",
            "create",
            &path,
            "--name",
            &name,
            "--username",
            &name,
        ];
        command.extend(scopes.iter().flat_map(|scope| ["--scope", *scope]));
        let (mut door, mut end) = (self.door(), None);
        if self.dice.percent(30) {
            // The command line knows only dates.
            door = self.replica();
            let seconds =
                self.stage.clock().now() / SECOND + i64::try_from(self.dice.number(1, 6)).unwrap();
            end = Some(seconds * SECOND);
            body["expires_at"] = DateTime::from_timestamp(seconds, 0)
                .unwrap()
                .to_rfc3339()
                .into();
        }
        let done = self.stage.make(
            door,
            &Call {
                method: "POST",
                path: &format!("{}/deploy_tokens", address(self.noun(&path), &path)),
                body,
                command: &command,
            },
        );
        let token = DeployToken {
            id: id(&done.reply),
            username: name.clone(),
            path: path.clone(),
            scopes: set(scopes),
            end,
            is_revoked: false,
        };
        assert_eq!(moment(&done.reply["expires_at"]), end);
        let mut world = self.world.clone();
        let what = format!("make deploy token: {token:?}");
        Arc::make_mut(&mut world.deploy_tokens).insert(secret(&done), token);
        self.note(door, what, &done, world);
        Some(())
    }

    pub(super) fn revoke_deploy_token(&mut self) -> Option<()> {
        let good = self
            .world
            .deploy_tokens
            .iter()
            .filter(|(_, token)| !token.is_revoked);
        let (secret, token) = self.dice.any_of(good)?;
        let (secret, token) = (secret.clone(), token.clone());
        let door = self.door();
        let place = address(self.noun(&token.path), &token.path);
        let done = self.stage.make(
            door,
            &Call {
                method: "DELETE",
                path: &format!("{place}/deploy_tokens/{}", token.id),
                body: json!({}),
                command: &["deploy-token", "revoke", &token.id.to_string(), "--yes"],
            },
        );
        let mut world = self.world.clone();
        Arc::make_mut(&mut world.deploy_tokens)
            .get_mut(&secret)
            .unwrap()
            .is_revoked = true;
        self.note(
            door,
            format!("revoke deploy token {}", token.id),
            &done,
            world,
        );
        Some(())
    }

    /// The end of the token that took the place of `old`: that of its maker, or a week later if `old` has an end.
    fn end_of_successor(&self, old: &Token, done: &Done) -> Option<Moment> {
        let end = moment(&done.reply["expires_at_time"]);
        let mut tokens = self.world.tokens.values();
        let maker = tokens.find(|token| Some(token.id) == old.maker);
        let bound = maker.and_then(|maker| maker.end);
        if bound.is_some() || old.end.is_none() {
            assert_eq!(end, bound, "{}", done.reply);
        } else {
            let week = end.unwrap() - done.sent;
            assert!((6 * DAY..=8 * DAY).contains(&week), "{}", done.reply);
        }
        end
    }

    /// A token as the API shows it.
    fn view_of(&mut self, token: i64) -> Value {
        let door = self.replica();
        let path = format!("/personal_access_tokens/{token}");
        let call = Call {
            method: "GET",
            path: &path,
            body: json!({}),
            command: &[],
        };
        self.stage.make(door, &call).reply
    }
}

/// A token with those whose place it took and that work on in their grace.
fn with_those_before(world: &World, token: &Token) -> Vec<i64> {
    let before = world
        .tokens
        .values()
        .filter(|other| other.family == token.family && other.id < token.id && !other.is_revoked);
    before.map(|other| other.id).chain([token.id]).collect()
}

/// Ends the graces of those whose place a token took, and what they made, no later than the token.
fn end_graces(world: &mut World, token: &Token) {
    let before = with_those_before(world, token);
    for other in Arc::make_mut(&mut world.tokens).values_mut() {
        if other.id != token.id && before.contains(&other.id) {
            other.grace = other.grace.into_iter().chain(token.end).min();
        } else if other
            .maker
            .is_some_and(|maker| maker != token.id && before.contains(&maker))
        {
            other.end = other.end.into_iter().chain(token.end).min();
        }
    }
}

fn revoke(world: &mut World, is_meant: impl Fn(&Token) -> bool) {
    for token in Arc::make_mut(&mut world.tokens).values_mut() {
        token.is_revoked |= is_meant(token);
    }
}

fn secret(done: &Done) -> String {
    done.reply["token"].as_str().unwrap().to_owned()
}

/// The end that a reply names, which is as far away as was asked for: services count from the whole second of the change.
fn end_after(lifetime: &str, done: &Done) -> Moment {
    let reply = &done.reply;
    let end = moment(if reply.is_object() {
        &reply["expires_at_time"]
    } else {
        reply
    });
    let seconds = match lifetime {
        "1h" => 3600,
        seconds => seconds.strip_suffix('s').unwrap().parse().unwrap(),
    };
    let made = end.unwrap() - seconds * SECOND;
    let (from, to) = (done.sent - CLOCKS - SECOND, done.acknowledged + CLOCKS);
    assert!((from..=to).contains(&made), "{lifetime}: {reply}");
    end.unwrap()
}

/// The moment that a reply names, if it names one.
fn moment(text: &Value) -> Option<Moment> {
    let text = text.as_str()?;
    Some(
        DateTime::parse_from_rfc3339(text)
            .unwrap()
            .timestamp_micros(),
    )
}
