//! Notices of ends of tokens that come near.

use std::collections::BTreeMap;

use chrono::{Duration, NaiveDate};
use serde_json::{Value, json};
use wharfinger::app::notices::NoticeBounds;
use wharfinger::domain::expiry::Expiry;
use wharfinger::domain::namespaces::visibility::Visibility;

use super::Told;
use super::receiver::Message;
use crate::harness::{Actor, TestApp, World};

/// A token of alice that ends on that date.
async fn ending(app: &TestApp, date: &str) -> Actor {
    let end = Expiry::on(date.parse::<NaiveDate>().unwrap());
    app.actor_with("alice", "read_registry", |token| token.expiring(Some(end)))
        .await
}

impl Told {
    /// The token and the days of each message since the last time.
    async fn ends(&self) -> Vec<(Value, Value)> {
        self.tell().await;
        let messages = self.receiver.take();
        let end = |message: &Message| {
            let json = message.json();
            assert!(json["type"].as_str().unwrap().ends_with("_token.expiring"));
            (
                json["data"]["token"]["id"].clone(),
                json["data"]["days_left"].clone(),
            )
        };
        messages.iter().map(end).collect()
    }

    /// The notices of the next days, hour by hour, as days from the beginning.
    async fn days_of_ends(&self, days: i64) -> Vec<(i64, Value, Value)> {
        let mut all = Vec::new();
        for hour in 1..=days * 24 {
            self.world.app.clock.advance(Duration::hours(1));
            let day = hour / 24;
            let ends = self.ends().await.into_iter();
            all.extend(ends.map(|(token, left)| (day, token, left)));
        }
        all
    }
}

#[tokio::test]
async fn an_end_is_told_thirty_seven_and_one_days_before_once_each() {
    let told = Told::start().await;
    // The clock stands at the 14th of March, in the afternoon.
    let token = ending(&told.world.app, "2026-04-18").await;
    let id = json!(token.token_id);
    let expected = [(4, 30), (27, 7), (33, 1)];
    let expected = expected.map(|(day, left)| (day, id.clone(), json!(left)));
    assert_eq!(told.days_of_ends(36).await, expected);
}

#[tokio::test]
async fn a_short_life_is_told_from_the_days_that_lie_ahead() {
    let told = Told::start().await;
    let short = ending(&told.world.app, "2026-03-19").await;
    let shortest = ending(&told.world.app, "2026-03-15").await;
    let all = told.days_of_ends(6).await;
    assert_eq!(
        all,
        [(3, json!(short.token_id), json!(1))],
        "{}",
        shortest.token_id
    );
}

#[tokio::test]
async fn after_a_long_sleep_each_token_is_told_once() {
    let told = Told::start().await;
    let app = &told.world.app;
    let (near, far) = (
        ending(app, "2026-05-15").await,
        ending(app, "2026-06-10").await,
    );
    ending(app, "2026-04-20").await;
    app.clock.advance(Duration::days(61));
    let mut ends = told.ends().await;
    ends.sort_by_key(|(token, _)| token.as_i64());
    let expected = [(near, 1), (far, 27)];
    let expected = expected.map(|(token, left)| (json!(token.token_id), json!(left)));
    assert_eq!(ends, expected);
}

#[tokio::test]
async fn tokens_that_do_not_work_are_not_told() {
    let told = Told::start().await;
    let World { app, alice, .. } = &told.world;
    let revoked = ending(app, "2026-03-23").await;
    let rotated = ending(app, "2026-03-23").await;
    let body = json!({ "expires_at": "2026-09-01", "grace": "9d" });
    let path = format!("{}/rotate", rotated.token_path());
    let reply = alice.post(&path, body).await;
    assert!(reply.status.is_success(), "{}", reply.body);
    app.revoke(&revoked).await;
    app.user("bob").await;
    let end = Expiry::on("2026-03-23".parse().unwrap());
    app.actor_with("bob", "read_registry", |token| token.expiring(Some(end)))
        .await;
    app.block("bob").await;
    told.tell().await;
    told.receiver.take();
    app.clock.advance(Duration::days(2));
    assert_eq!(told.ends().await, []);
}

#[tokio::test]
async fn ends_of_deploy_tokens_are_told_to_the_operator() {
    let told = Told::start_with("[notices]\ndays_before_end = [\"3d\"]\n").await;
    let app = &told.world.app;
    app.project("team/app", Visibility::Private).await;
    let end = Expiry::on("2026-03-20".parse().unwrap());
    let machine = app
        .machine_with("team/app", "read_registry", |mut token| {
            token.expiry = Some(end);
            token
        })
        .await;
    app.clock.advance(Duration::days(2));
    assert_eq!(told.ends().await, []);
    app.clock.advance(Duration::days(1));
    assert_eq!(told.ends().await, [(json!(machine.token_id), json!(3))]);
    let mails = told.mailbox.take();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["ops@example.com"]);
}

#[tokio::test]
async fn many_tokens_that_end_together_are_all_told() {
    let told = Told::start().await;
    let app = &told.world.app;
    // Beyond one part.
    end_together(app, 620).await;
    app.clock.advance(Duration::days(2));
    super::make(app).await;
    let numbers = app.service.notices.numbers().await.unwrap();
    assert_eq!(numbers.pending, 3 * 620);
    assert_eq!(app.service.notices.lost(), 0);
}

/// Tokens of alice that end together, in eight days.
async fn end_together(app: &TestApp, number: u32) {
    let alice = app.id_of("alice").await;
    let rows = (1..=number).map(|number| {
        format!(
            "({alice}, 'many', x'{number:064x}', 'read_registry', '', '2026-03-22 00:00:00', '2026-03-01 00:00:00')"
        )
    });
    let rows: Vec<String> = rows.collect();
    app.execute(&format!(
        "INSERT INTO personal_access_tokens (user_id, name, digest, scopes, repositories, expires_at, created_at) \
         VALUES {}",
        rows.join(", ")
    ))
    .await;
}

/// More tokens end together than there is room for notices, and than finished ones are kept.
#[tokio::test]
async fn more_ends_than_there_is_room_for_are_told_once_each() {
    const NUMBER: u32 = 130;
    let told = Told::start().await;
    let app = &told.world.app;
    end_together(app, NUMBER).await;
    app.clock.advance(Duration::days(2));
    let bounds = NoticeBounds {
        pending: 40,
        finished: 25,
        tokens_at_a_time: 10,
    };
    let mut notices = app.service.notices.clone().with_bounds(bounds);
    let mut messages = BTreeMap::<i64, u32>::new();
    let mut mails = 0;
    for minute in 0..20 {
        if minute == 2 {
            // Another process, which does not know how far the look was.
            let other = Box::pin(app.beside(&told.configuration)).await;
            notices = other.service.notices.clone().with_bounds(bounds);
        }
        while notices.look_at_ends().await.unwrap() {}
        let numbers = notices.numbers().await.unwrap();
        assert!(numbers.pending <= 3 * 40, "{}", numbers.pending);
        for channel in notices.channels() {
            while notices.deliver(channel).await.unwrap() {}
        }
        while notices.purge().await.unwrap().has_rest {}
        for message in told.receiver.take() {
            let token = &message.json()["data"]["token"]["id"];
            *messages.entry(token.as_i64().unwrap()).or_default() += 1;
        }
        mails += told.mailbox.take().len();
        app.clock.advance(Duration::minutes(3));
    }
    let expected = usize::try_from(NUMBER).unwrap();
    assert_eq!(messages.len(), expected, "each is told");
    assert!(messages.values().all(|times| *times == 1), "{messages:?}");
    assert!(mails >= expected, "{mails}");
    assert_eq!(notices.lost(), 0);
}

/// Others are told of in between, and a stop does not wait for all.
#[tokio::test]
async fn a_look_at_many_ends_comes_in_parts() {
    let told = Told::start().await;
    let app = &told.world.app;
    end_together(app, 25).await;
    app.clock.advance(Duration::days(2));
    let notices = app.service.notices.clone().with_bounds(NoticeBounds {
        tokens_at_a_time: 10,
        ..NoticeBounds::default()
    });
    for (has_rest, made) in [(true, 10), (true, 20), (false, 25)] {
        assert_eq!(notices.look_at_ends().await.unwrap(), has_rest, "{made}");
        let pending = notices.numbers().await.unwrap().pending;
        assert_eq!(pending, 3 * made);
    }
}

#[tokio::test]
async fn a_notice_that_waited_tells_the_days_that_are_left_when_it_is_sent() {
    let told = Told::start().await;
    let app = &told.world.app;
    ending(app, "2026-03-22").await;
    app.execute("UPDATE personal_access_tokens SET created_at = '2026-01-01 00:00:00'")
        .await;
    told.receiver.answer("503 Service Unavailable");
    told.mailbox.answer("450 come back");
    told.mailbox.answer("450 come back");
    app.clock.advance(Duration::hours(12));
    told.tell().await;
    let first = told.receiver.take();
    assert_eq!(first[0].json()["data"]["days_left"], 7);
    assert!(told.mailbox.take().is_empty());
    app.clock.advance(Duration::days(2));
    super::send(app).await;
    let again = told.receiver.take();
    assert_eq!(again[0].json()["data"]["days_left"], 5);
    let mails = told.mailbox.take();
    assert_eq!(mails.len(), 2);
    for mail in mails {
        assert!(mail.text.contains("ends in 5 days"), "{}", mail.text);
    }
}
