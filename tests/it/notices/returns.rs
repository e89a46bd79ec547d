//! Notices of replaced tokens that are presented again.

use chrono::Duration;
use serde_json::{Value, json};

use super::Told;
use super::deliveries::fill;
use super::receiver::Message;
use crate::harness::{Caller, TestApp, World};

const ROTATE: &str = "/personal_access_tokens/self/rotate";

impl Told {
    /// The messages that are sent after `by` was refused at the token endpoint.
    async fn refused(&self, by: &Caller) -> Vec<Value> {
        let app = &self.world.app;
        assert_eq!(by.ask(&["repository:alice/app:pull"]).await.status, 401);
        app.service.observations.write().await.unwrap();
        self.tell().await;
        self.receiver.take().iter().map(Message::json).collect()
    }
}

#[tokio::test]
async fn a_replaced_token_that_asks_for_a_pull_is_told_once_a_day() {
    let told = Told::start().await;
    let World { app, alice, .. } = &told.world;
    assert_eq!(alice.post(ROTATE, json!({})).await.status, 200);
    told.tell().await;
    told.receiver.take();
    told.mailbox.take();

    let messages = told.refused(&alice.at("203.0.113.7")).await;
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert_eq!(messages[0]["type"], "access_token.reused");
    let data = &messages[0]["data"];
    assert_eq!(data["token"]["id"], json!(alice.token_id));
    assert_eq!(data["owner"]["username"], "alice");
    assert_eq!(data["also_revoked"], json!([]));
    assert_eq!(data["author_name"], "(unknown)");
    assert_eq!(data["ip_address"], "203.0.113.7");
    let mail = &told.mailbox.take()[0];
    for words in ["From: 203.0.113.7", "give it the token that took its place"] {
        let text = mail.text.replace("=\n", "");
        assert!(text.contains(words), "{text}");
    }

    // From everywhere, and through the API: it is the same news.
    app.clock.advance(Duration::minutes(1));
    assert!(told.refused(&alice.at("203.0.113.8")).await.is_empty());
    assert_eq!(alice.get("/user").await.status, 401);
    assert!(told.refused(alice).await.is_empty());
    app.clock.advance(Duration::days(1));
    assert_eq!(told.refused(alice).await.len(), 1);
}

#[tokio::test]
async fn a_replaced_token_is_told_after_its_grace_and_its_end_too() {
    let told = Told::start().await;
    let World { app, alice, .. } = &told.world;
    let graceful = json!({ "grace": "1h" });
    assert_eq!(alice.post(ROTATE, graceful).await.status, 200);
    app.service.observations.write().await.unwrap();
    told.tell().await;
    told.receiver.take();
    assert_eq!(alice.ask(&["repository:alice/app:pull"]).await.status, 200);
    app.clock.advance(Duration::hours(2));
    assert_eq!(told.refused(alice).await.len(), 1);
    app.clock.advance(Duration::days(400));
    let kinds: Vec<Value> = told.refused(alice).await;
    let reused = |message: &&Value| message["type"] == "access_token.reused";
    assert_eq!(kinds.iter().filter(reused).count(), 1);
}

#[tokio::test]
async fn a_token_that_ended_without_a_successor_is_no_news() {
    let told = Told::start().await;
    let World { app, alice, .. } = &told.world;
    let other = app.actor("alice", "read_registry").await;
    app.revoke(&other).await;
    assert_eq!(alice.post(ROTATE, json!({})).await.status, 200);
    told.tell().await;
    told.receiver.take();
    assert!(told.refused(&other).await.is_empty());
}

#[tokio::test]
async fn no_refusals_of_other_tokens_hide_a_return() {
    let told = Told::start().await;
    let World { app, alice, .. } = &told.world;
    assert_eq!(alice.post(ROTATE, json!({})).await.status, 200);
    for number in 0..4 {
        let other = app.actor("alice", "read_registry").await;
        app.revoke(&other).await;
        for network in 0..5 {
            let caller = other.at(&format!("198.51.{number}.{network}"));
            assert_eq!(caller.ask(&[]).await.status, 401);
        }
    }
    app.service.observations.write().await.unwrap();
    told.tell().await;
    told.receiver.take();
    // The minute has no more room in the audit log.
    let messages = told.refused(alice).await;
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert_eq!(messages[0]["type"], "access_token.reused");
}

/// The number of returns that were not looked at, as the operator sees it.
async fn lost_returns(app: &TestApp) -> String {
    let metrics = app.ops("/metrics").await.body;
    let mut rows = metrics.lines();
    let row = rows.find(|row| row.contains("records_lost_total{record=\"return\"}"));
    row.unwrap().rsplit(' ').next().unwrap().to_owned()
}

#[tokio::test]
async fn returns_beyond_those_of_one_owner_that_may_wait_are_counted() {
    const MOST_OF_OWNER: usize = 100;
    let told = Told::start().await;
    let World { app, alice, .. } = &told.world;
    for number in 0..MOST_OF_OWNER {
        let other = app.actor("alice", "read_registry").await;
        app.revoke(&other).await;
        let network = other.at(&format!("198.51.100.{number}"));
        assert_eq!(network.ask(&[]).await.status, 401);
    }
    assert_eq!(lost_returns(app).await, "0");
    assert_eq!(alice.post(ROTATE, json!({})).await.status, 200);
    assert_eq!(alice.ask(&[]).await.status, 401);
    assert_eq!(lost_returns(app).await, "1");
    app.service.observations.write().await.unwrap();
    told.tell().await;
    told.receiver.take();
    assert_eq!(told.refused(alice).await.len(), 1, "there is room again");
    assert_eq!(lost_returns(app).await, "1");
}

/// A service that was told of a return of alice's token while no way for notices had room.
async fn with_a_return_that_waits() -> Told {
    let told = Told::start().await;
    let World { app, alice, .. } = &told.world;
    assert_eq!(alice.post(ROTATE, json!({})).await.status, 200);
    told.tell().await;
    for channel in ["webhook", "owner_mail", "operator_mail"] {
        fill(app, channel).await;
    }
    assert_eq!(alice.ask(&[]).await.status, 401);
    app.service.observations.write().await.unwrap();
    told
}

#[tokio::test]
async fn a_return_that_waits_when_the_service_stops_is_counted() {
    let told = with_a_return_that_waits().await;
    let observations = &told.world.app.service.observations;
    assert_eq!(
        (observations.give_up_returns(), observations.lost_returns()),
        (1, 1)
    );
    assert_eq!(observations.give_up_returns(), 0, "once");
}

#[tokio::test]
async fn a_stop_looks_once_more_whether_there_is_room_for_a_return() {
    let told = with_a_return_that_waits().await;
    let observations = &told.world.app.service.observations;
    let app = &told.world.app;
    app.execute("DELETE FROM notices WHERE attempts = 0").await;
    observations.write_all().await.unwrap();
    assert_eq!(observations.give_up_returns(), 0);
    assert_eq!(app.service.notices.numbers().await.unwrap().pending, 3);
}

#[tokio::test]
async fn a_return_waits_until_others_have_gone_out() {
    let told = Told::start().await;
    let World { app, alice, .. } = &told.world;
    assert_eq!(alice.post(ROTATE, json!({})).await.status, 200);
    told.tell().await;
    told.receiver.take();
    for channel in ["webhook", "owner_mail", "operator_mail"] {
        fill(app, channel).await;
    }
    assert_eq!(alice.ask(&[]).await.status, 401);
    app.service.observations.write().await.unwrap();
    assert_eq!(app.service.notices.lost(), 0, "it waits");
    app.execute("DELETE FROM notices WHERE attempts = 0").await;
    app.service.observations.write().await.unwrap();
    told.tell().await;
    assert_eq!(told.receiver.take().len(), 0, "not looked at each second");
    app.clock.advance(Duration::minutes(1));
    app.service.observations.write().await.unwrap();
    told.tell().await;
    let messages = told.receiver.take();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].json()["type"], "access_token.reused");
}
