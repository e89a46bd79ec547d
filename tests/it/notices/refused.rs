//! Notices that the database refuses for what is in them: one is lost alone, and holds up no other.
//!
//! A file has no bounds that a notice could break, so a trigger refuses those about a token of a certain name.

use chrono::Duration;
use serde_json::{Value, json};
use wharfinger::domain::expiry::Expiry;

use super::Told;
use super::receiver::Message;
use crate::harness::{Actor, TestApp, World};

/// The number of channels, on each of which a notice is lost.
const CHANNELS: u64 = 3;

/// Three tokens of alice, which end in nine days; the second is named `bad`.
async fn tokens(app: &TestApp) -> Vec<Actor> {
    let end = Expiry::on("2026-03-23".parse().unwrap());
    let mut tokens = Vec::new();
    for _ in 0..3 {
        let token = app.actor_with("alice", "read_registry", |token| token.expiring(Some(end)));
        tokens.push(token.await);
    }
    let bad = tokens[1].token_id;
    let rename = "UPDATE personal_access_tokens SET name = 'bad' WHERE id";
    app.execute(&format!("{rename} = {bad}")).await;
    tokens
}

/// The first and the last of three tokens.
fn good(tokens: &[Actor]) -> [Value; 2] {
    [json!(tokens[0].token_id), json!(tokens[2].token_id)]
}

impl Told {
    /// Begins to refuse notices about tokens named `bad`.
    async fn refuse_bad(&self) {
        let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON notices \
            WHEN NEW.content LIKE '%\"name\":\"bad\"%' BEGIN SELECT RAISE(ABORT, 'too long'); END";
        self.world.app.execute(refuse).await;
    }

    /// The tokens that the webhook was told of since the last time.
    fn told_of(&self) -> Vec<Value> {
        let messages = self.receiver.take();
        let token = |message: &Message| message.json()["data"]["token"]["id"].clone();
        let mut tokens: Vec<Value> = messages.iter().map(token).collect();
        tokens.sort_by_key(Value::as_i64);
        tokens
    }
}

#[tokio::test]
async fn an_end_that_is_refused_holds_up_no_other() {
    let told = Told::start().await;
    let app = &told.world.app;
    let ending = tokens(app).await;
    told.refuse_bad().await;
    app.clock.advance(Duration::days(3));
    told.tell().await;
    assert_eq!(told.told_of(), good(&ending));
    assert_eq!(app.service.notices.lost(), CHANNELS);
    app.clock.advance(Duration::hours(1));
    told.tell().await;
    assert_eq!(app.service.notices.lost(), CHANNELS, "and once");
}

#[tokio::test]
async fn an_event_that_is_refused_holds_up_no_other() {
    let told = Told::start().await;
    let app = &told.world.app;
    let revoked = tokens(app).await;
    told.refuse_bad().await;
    for token in &revoked {
        app.revoke(token).await;
    }
    told.tell().await;
    assert_eq!(told.told_of(), good(&revoked));
    assert_eq!(app.service.notices.lost(), CHANNELS);
}

#[tokio::test]
async fn a_return_that_is_refused_holds_up_no_other() {
    let told = Told::start().await;
    let World { app, alice, .. } = &told.world;
    let replaced = tokens(app).await;
    for token in &replaced {
        let path = format!("{}/rotate", token.token_path());
        assert_eq!(alice.post(&path, json!({})).await.status, 200);
    }
    told.tell().await;
    told.receiver.take();
    told.refuse_bad().await;
    for token in &replaced {
        assert_eq!(token.ask(&[]).await.status, 401);
    }
    app.service.observations.write().await.unwrap();
    told.tell().await;
    assert_eq!(told.told_of(), good(&replaced));
    assert_eq!(app.service.notices.lost(), CHANNELS);
    assert_eq!(app.service.observations.lost_returns(), 0);
}
