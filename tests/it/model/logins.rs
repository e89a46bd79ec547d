//! Logins by password whose clients keep a refresh token.

use std::sync::Arc;

use serde_json::{Value, json};

use super::stage::{Call, Door, MOST_REFRESH_TOKENS};
use super::world::{Deletion, Moment, RefreshToken, World};
use super::writer::Writer;

/// The most refresh tokens that are asked for; of those that work no more, the oldest are forgotten.
const MOST: usize = 16;
/// The time for which another replica may take one that a login deleted: a minute from when it was loaded, which takes a
/// moment of its own, or seconds if that replica stood still.
const LATE: Moment = 66_000_000;

impl Writer<'_> {
    /// A client logs in and gets a refresh token. Of too many, the oldest goes.
    pub(super) fn log_in(&mut self) -> Option<()> {
        let users = self.world.users.iter();
        let can = users.filter(|(_, user)| !user.is_blocked && !user.has_second_factor);
        let (name, user) = self.dice.any_of(can)?;
        let (name, user) = (name.clone(), user.clone());
        let door @ Door::Replica(number) = self.replica() else {
            return None;
        };
        let is_post = self.dice.percent(50);
        let login = (name.as_str(), user.password.as_str());
        let done = self.stage.log_in(number, login, is_post);
        let secret = done.reply["refresh_token"].as_str().unwrap().to_owned();
        let new = RefreshToken {
            id: self.newest_login(user.id),
            owner: name.clone(),
            ..RefreshToken::default()
        };
        let what = format!("log in as {name} for refresh token {}", new.id);
        let mut world = self.world.clone();
        let deletion = Deletion {
            by: number,
            until: done.acknowledged + LATE,
        };
        make_room(&mut world, &name, &deletion);
        Arc::make_mut(&mut world.refresh_tokens).insert(secret, new);
        self.note(door, what, &done, world);
        Some(())
    }

    /// An administrator, the command line or its owner revokes one.
    pub(super) fn revoke_refresh_token(&mut self) -> Option<()> {
        let good = self.world.refresh_tokens.values();
        let good = good.filter(|token| !token.is_revoked && token.deleted.is_none());
        let token = self.dice.any_of(good)?.clone();
        let user = self.world.users[&token.owner].clone();
        let number = token.id.to_string();
        let call = Call {
            method: "DELETE",
            path: &format!("/refresh_tokens/{number}"),
            body: json!({}),
            command: &["refresh-token", "revoke", &number, "--yes"],
        };
        let (door, done) = if !user.is_blocked && self.dice.percent(40) {
            let door = self.replica();
            let own = self.own_token(door, user.id);
            (door, self.stage.make_as(&own, door, &call))
        } else {
            let door = self.door();
            (door, self.stage.make(door, &call))
        };
        let mut world = self.world.clone();
        world.touch_logins(&token.owner, |other| other.id == token.id);
        self.note(door, format!("revoke refresh token {number}"), &done, world);
        Some(())
    }

    /// A token with which a user administers what is theirs.
    pub(super) fn own_token(&self, door: Door, user: i64) -> String {
        let call = Call {
            method: "POST",
            path: &format!("/users/{user}/personal_access_tokens"),
            body: json!({ "name": "own", "scopes": ["api"] }),
            command: &[],
        };
        let made = self.stage.make(door, &call).reply;
        made["token"].as_str().unwrap().to_owned()
    }

    /// The id of the refresh token that a user got last.
    fn newest_login(&mut self, user: i64) -> i64 {
        let door = self.replica();
        let call = Call {
            method: "GET",
            path: &format!("/refresh_tokens?user_id={user}"),
            body: json!({}),
            command: &[],
        };
        let all: Value = self.stage.make(door, &call).reply;
        let ids = all.as_array().unwrap().iter();
        ids.map(|token| token["id"].as_i64().unwrap())
            .max()
            .unwrap()
    }
}

/// Deletes the oldest ones of a user, so that there is room for one more; first those that were revoked.
fn make_room(world: &mut World, user: &str, deletion: &Deletion) {
    let tokens = Arc::make_mut(&mut world.refresh_tokens);
    let mut kept: Vec<_> = tokens
        .values_mut()
        .filter(|token| token.owner == user && token.deleted.is_none())
        .collect();
    kept.sort_by_key(|token| (!token.is_revoked, token.id));
    let too_many = (kept.len() + 1).saturating_sub(MOST_REFRESH_TOKENS);
    for token in kept.into_iter().take(too_many) {
        token.deleted = Some(deletion.clone());
    }
    let mut over: Vec<_> = tokens
        .iter()
        .filter(|(_, token)| token.is_revoked && token.deleted.is_some())
        .map(|(secret, token)| (token.id, secret.clone()))
        .collect();
    over.sort();
    over.truncate(tokens.len().saturating_sub(MOST));
    for (_, secret) in over {
        tokens.remove(&secret);
    }
}
