//! Notices of uses from new addresses.

use chrono::Duration;
use serde_json::json;

use super::Told;
use crate::harness::Actor;

impl Told {
    /// The new addresses that are told after a use from there.
    async fn used(&self, by: &Actor, from: &str) -> Vec<String> {
        let app = &self.world.app;
        app.clock.advance(Duration::minutes(2));
        assert_eq!(by.at(from).get("/user").await.status, 200);
        app.usage.write().await.unwrap();
        self.tell().await;
        let messages = self.receiver.take();
        let address = |message: &super::receiver::Message| {
            let json = message.json();
            assert_eq!(json["type"], "access_token.new_address");
            assert_eq!(json["data"]["token"]["id"], json!(by.token_id));
            json["data"]["new_address"].as_str().unwrap().to_owned()
        };
        messages.iter().map(address).collect()
    }
}

#[tokio::test]
async fn a_use_from_a_new_address_is_told_once() {
    let told = Told::start().await;
    let alice = &told.world.alice;
    let nothing = Vec::<String>::new();
    assert_eq!(told.used(alice, "203.0.113.1").await, nothing, "the first");
    assert_eq!(told.used(alice, "203.0.113.1").await, nothing);
    assert_eq!(told.used(alice, "203.0.113.2").await, ["203.0.113.2"]);
    assert_eq!(
        told.used(alice, "203.0.113.1").await,
        nothing,
        "it is known"
    );
    assert_eq!(told.used(alice, "2001:db8::1").await, ["2001:db8::1"]);
    assert_eq!(
        told.used(alice, "2001:db8::2").await,
        nothing,
        "the same network"
    );
    let mail = &told.mailbox.take()[0];
    assert!(
        mail.text
            .contains("was used from the new address 203.0.113.2")
    );
}

#[tokio::test]
async fn a_token_that_comes_from_everywhere_is_told_some_times_a_day() {
    let told = Told::start_with("[notices]\nnew_addresses_per_day = 2\n").await;
    let alice = &told.world.alice;
    let mut told_of = Vec::new();
    for number in 0..9 {
        told_of.extend(told.used(alice, &format!("203.0.113.{number}")).await);
    }
    assert_eq!(told_of, ["203.0.113.1", "203.0.113.2"]);
    told.world.app.clock.advance(Duration::days(1));
    assert_eq!(told.used(alice, "203.0.113.99").await, ["203.0.113.99"]);
    // Told of once, however long ago: it has left the addresses that are kept.
    assert_eq!(told.used(alice, "203.0.113.1").await, Vec::<String>::new());
}

/// Notices that were made while the clock was ahead are none of the last day.
#[tokio::test]
async fn notices_of_a_wrong_clock_do_not_silence_those_of_today() {
    let told = Told::start_with("[notices]\nnew_addresses_per_day = 1\n").await;
    let (app, alice) = (&told.world.app, &told.world.alice);
    told.used(alice, "203.0.113.1").await;
    assert_eq!(told.used(alice, "203.0.113.2").await, ["203.0.113.2"]);
    app.execute("UPDATE notices SET created_at = '2031-01-01 00:00:00'")
        .await;
    assert_eq!(told.used(alice, "203.0.113.3").await, ["203.0.113.3"]);
}

#[tokio::test]
async fn no_notice_of_addresses_is_made_where_none_is_wanted() {
    let told = Told::start_with("[notices]\nnew_addresses_per_day = 0\n").await;
    let alice = &told.world.alice;
    for number in 0..3 {
        let news = told.used(alice, &format!("203.0.113.{number}")).await;
        assert_eq!(news, Vec::<String>::new());
    }
}

/// The tokens that are told of after two were used from a new address, and the database refuses such rows about the first; and whether it
/// took the uses.
async fn told_while_refused(rows: &str) -> ([bool; 2], bool) {
    let told = Told::start().await;
    let (app, alice) = (&told.world.app, &told.world.alice);
    let other = app.actor("alice", "api").await;
    for token in [alice, &other] {
        told.used(token, "203.0.113.1").await;
    }
    app.execute(&format!(
        "CREATE TRIGGER refuse BEFORE {rows} = {} BEGIN SELECT RAISE(ABORT, 'refused'); END",
        alice.token_id
    ))
    .await;
    app.clock.advance(Duration::minutes(2));
    for token in [alice, &other] {
        assert_eq!(token.at("203.0.113.2").get("/user").await.status, 200);
    }
    let is_written = app.usage.write().await.is_ok();
    told.tell().await;
    let messages = told.receiver.take();
    let is_about = |token: &Actor| {
        let mut ids = messages
            .iter()
            .map(|message| message.json()["data"]["token"]["id"].clone());
        ids.any(|id| id == json!(token.token_id))
    };
    ([alice, &other].map(is_about), is_written)
}

#[tokio::test]
async fn a_token_whose_notice_is_refused_holds_up_no_use() {
    let told = told_while_refused("INSERT ON notices WHEN NEW.token_id").await;
    assert_eq!(told, ([false, true], true));
}

#[tokio::test]
async fn a_token_whose_use_is_refused_holds_up_no_others_use() {
    let told = told_while_refused("UPDATE ON personal_access_tokens WHEN NEW.id").await;
    assert_eq!(told, ([true, true], false));
}
