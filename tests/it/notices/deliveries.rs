//! Deliveries are visible to administrators, and come to an end.

use chrono::Duration;
use serde_json::json;

use super::Told;
use crate::harness::{TestApp, World};

#[tokio::test]
async fn administrators_see_what_was_sent_and_what_waits() {
    let told = Told::start().await;
    let World { app, alice, root } = &told.world;
    told.receiver.answer("503 Service Unavailable");
    app.revoke(alice).await;
    told.tell().await;
    let seen = root.read("/notices").await;
    let seen: Vec<_> = seen.as_array().unwrap().iter().collect();
    assert_eq!(seen.len(), 3);
    let waiting = root.read("/notices?state=pending").await;
    let waiting = &waiting[0];
    let message = format!(
        "the personal access token {} (test) of alice was revoked",
        alice.id
    );
    for (field, value) in [
        ("type", json!("access_token.revoked")),
        ("channel", json!("webhook")),
        ("token_id", json!(alice.id)),
        ("user_id", json!(app.id_of("alice").await)),
        ("message", json!(message)),
        ("attempts", json!(1)),
        ("last_error", json!("the webhook answered 503")),
        ("created_at", json!("2026-03-14T15:09:26.000Z")),
        ("finished_at", json!(null)),
    ] {
        assert_eq!(waiting[field], value, "{field}");
    }
    let sent = root.found("/notices?state=delivered", "channel").await;
    assert_eq!(sent, "operator_mail owner_mail");
    assert_eq!(root.get("/notices?state=odd").await.status, 400);
    app.clock.advance(Duration::seconds(13));
    told.tell().await;
    assert_eq!(root.found("/notices?state=pending", "channel").await, "");
    let numbers = app.service.notices.numbers().await.unwrap();
    assert_eq!((numbers.pending, numbers.failed), (0, 0));
    assert_eq!(app.service.notices.lost(), 0);
}

#[tokio::test]
async fn nobody_else_sees_notices() {
    let told = Told::start().await;
    assert_eq!(told.world.alice.get("/notices").await.status, 403);
}

#[tokio::test]
async fn a_notice_is_given_up_after_three_days_and_deleted_after_a_month() {
    let told = Told::start().await;
    let World { app, alice, root } = &told.world;
    for _ in 0..100 {
        told.receiver.answer("500 Internal Server Error");
    }
    app.revoke(alice).await;
    let mut hours = 0;
    while root
        .found("/notices?state=failed", "channel")
        .await
        .is_empty()
    {
        told.tell().await;
        app.clock.advance(Duration::hours(1));
        hours += 1;
        assert!(hours < 100);
    }
    assert!((72..80).contains(&hours), "{hours}");
    let attempts = told.receiver.take().len();
    assert!((10..40).contains(&attempts), "{attempts}");
    let failed = root.read("/notices?state=failed").await;
    assert_eq!(failed[0]["attempts"], json!(attempts));
    app.clock.advance(Duration::days(29));
    assert!(!app.service.notices.purge().await.unwrap().has_rest);
    assert_eq!(
        root.found("/notices?state=failed", "channel").await,
        "webhook"
    );
    app.clock.advance(Duration::days(2));
    app.service.notices.purge().await.unwrap();
    assert_eq!(root.read("/notices").await, json!([]));
    let metrics = app.ops("/metrics").await.body;
    let row = "wharfinger_notices_given_up_total 1\n";
    assert!(metrics.contains(row), "the row is gone: {metrics}");
}

/// Fills the outbox of a channel.
pub(super) async fn fill(app: &TestApp, channel: &str) {
    let rows = (0..10_000).map(|number| {
        format!("('{channel}{number}', 'm', 'k', '{channel}', 1, '{{}}', 'pending', 0, '2026-03-14 00:00:00', '2027-01-01 00:00:00')")
    });
    let rows: Vec<String> = rows.collect();
    for some in rows.chunks(1000) {
        app.execute(&format!(
            "INSERT INTO notices (cause, message_id, kind, channel, token_id, content, state, attempts, created_at, \
             next_attempt_at) VALUES {}",
            some.join(", ")
        ))
        .await;
    }
}

#[tokio::test]
async fn a_channel_that_is_full_holds_up_no_other_and_nothing_is_lost_if_all_are() {
    let told = Told::start().await;
    let World { app, alice, .. } = &told.world;
    fill(app, "webhook").await;
    app.revoke(alice).await;
    super::make(app).await;
    let numbers = app.service.notices.numbers().await.unwrap();
    let mails = numbers.pending - 10_000;
    let lost = app.service.notices.lost();
    assert_eq!(lost, u64::from(mails > 0), "the mails go on");
    let metrics = app.ops("/metrics").await.body;
    let row = format!("wharfinger_records_lost_total{{record=\"notice\"}} {lost}\n");
    assert!(metrics.contains(&row), "{metrics}");
    // Without a channel that has room, the event waits.
    for channel in ["owner_mail", "operator_mail"] {
        fill(app, channel).await;
    }
    let again = app.actor("alice", "api").await;
    app.revoke(&again).await;
    super::make(app).await;
    let still = app.service.notices.lost();
    assert_eq!(still, lost, "it waits and is not lost");
    app.execute("DELETE FROM notices WHERE attempts = 0").await;
    super::make(app).await;
    let numbers = app.service.notices.numbers().await.unwrap();
    assert!(numbers.pending >= 1, "{numbers:?}");
}

/// Notices that were written while the clock was years ahead go out all the same, and count for nothing now.
#[tokio::test]
async fn notices_of_a_wrong_clock_are_sent_when_it_is_right_again() {
    let told = Told::start().await;
    let World { app, alice, .. } = &told.world;
    app.revoke(alice).await;
    super::make(app).await;
    made_in_2031(app).await;
    super::send(app).await;
    assert_eq!(told.receiver.take().len(), 1);
    assert_eq!(app.service.notices.numbers().await.unwrap().pending, 0);
}

/// Makes the notices that wait those of a clock that was years ahead.
async fn made_in_2031(app: &TestApp) {
    app.execute(
        "UPDATE notices SET created_at = '2031-01-01 00:00:00', next_attempt_at = '2031-01-01 00:00:00'",
    )
    .await;
}

#[tokio::test]
async fn notices_of_a_wrong_clock_that_nobody_takes_are_given_up_as_others_are() {
    let told = Told::start().await;
    let World { app, alice, root } = &told.world;
    app.revoke(alice).await;
    super::make(app).await;
    made_in_2031(app).await;
    for _ in 0..100 {
        told.receiver.answer("500 Internal Server Error");
    }
    for hour in 0..=5 * 24 {
        let failed = root.found("/notices?state=failed", "channel").await;
        assert!(hour > 2 * 24 || failed.is_empty(), "{hour}");
        super::send(app).await;
        app.clock.advance(Duration::hours(1));
    }
    let failed = root.found("/notices?state=failed", "channel").await;
    assert_eq!(failed, "webhook");
    assert_eq!(root.read("/notices?state=pending").await, json!([]));
}

/// Its channel is gone from the configuration.
#[tokio::test]
async fn notices_of_a_wrong_clock_that_nobody_sends_are_given_up() {
    let told = Told::start().await;
    let World { app, alice, .. } = &told.world;
    app.revoke(alice).await;
    super::make(app).await;
    made_in_2031(app).await;
    let pending = async || app.service.notices.numbers().await.unwrap().pending;
    for (days, expected) in [(3, 3), (2, 3), (0, 0)] {
        app.service.notices.purge().await.unwrap();
        assert_eq!(pending().await, expected, "{days}");
        app.clock.advance(Duration::days(days));
    }
}

/// Nobody is told of news that are old, when a way for notices comes back.
#[tokio::test]
async fn a_notice_that_waited_too_long_is_not_sent_but_given_up() {
    let told = Told::start().await;
    let World { app, alice, root } = &told.world;
    app.revoke(alice).await;
    super::make(app).await;
    app.clock.advance(Duration::days(5));
    super::send(app).await;
    assert_eq!(told.receiver.take().len(), 0);
    let mut given_up = app.service.notices.purge().await.unwrap();
    while given_up.has_rest {
        given_up = app.service.notices.purge().await.unwrap();
    }
    let failed = root.found("/notices?state=failed", "channel").await;
    assert_eq!(failed.split(' ').count(), 3, "{failed}");
}

/// By a clock that is years ahead all that waits is too old.
#[tokio::test]
async fn a_clock_that_is_ahead_gives_up_one_day_of_what_waits() {
    let told = Told::start().await;
    let World { app, alice, root } = &told.world;
    app.revoke(alice).await;
    super::make(app).await;
    app.clock.advance(Duration::days(2));
    let again = app.actor("alice", "api").await;
    app.revoke(&again).await;
    super::make(app).await;
    let pending = async || app.service.notices.numbers().await.unwrap().pending;
    assert_eq!(pending().await, 6);
    let ahead = Duration::days(1800);
    app.clock.advance(ahead);
    while app.service.notices.purge().await.unwrap().has_rest {}
    app.clock.advance(-ahead);
    assert_eq!(pending().await, 3);
    super::send(app).await;
    let messages = told.receiver.take();
    assert_eq!(messages.len(), 1);
    let token = &messages[0].json()["data"]["token"];
    assert_eq!(token["id"], json!(again.token_id));
    let failed = root.read("/notices?state=failed").await;
    assert_eq!(failed[0]["last_error"], "nobody sent it in time");
    assert_eq!(app.service.notices.given_up(), 3);
}
