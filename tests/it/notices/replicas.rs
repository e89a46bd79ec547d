//! Two services on one database, and services that are cut off.

use chrono::Duration;
use serde_json::json;
use wharfinger::domain::notices::outbox::Channel;

use super::{Told, make};
use crate::harness::{TestApp, World};

/// Makes and sends what is due, as the tasks of a service do.
async fn work(app: &TestApp) {
    super::tell(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_services_on_one_database_send_each_notice_once() {
    let told = Told::start().await;
    let World { app, alice, .. } = &told.world;
    let other = Box::pin(app.beside(&told.configuration)).await;
    for _ in 0..20 {
        let body = json!({ "name": "made", "scopes": ["read_registry"] });
        let made = alice
            .post("/user/personal_access_tokens", body)
            .await
            .json();
        let path = format!("/personal_access_tokens/{}", made["id"]);
        assert_eq!(alice.delete(&path).await.status, 204);
        tokio::join!(work(app), work(&other));
    }
    app.clock.advance(Duration::hours(1));
    tokio::join!(work(app), work(&other));
    let mut ids: Vec<_> = told.receiver.take();
    ids.sort_by_key(|message| message.headers["webhook-id"].clone());
    ids.dedup_by_key(|message| message.headers["webhook-id"].clone());
    assert_eq!(ids.len(), 20);
    let sent = told.world.root.read("/notices?per_page=100").await;
    let sent = sent.as_array().unwrap();
    let once =
        |notice: &&serde_json::Value| notice["attempts"] == 1 && notice["state"] == "delivered";
    assert_eq!((sent.len(), sent.iter().filter(once).count()), (60, 60));
}

#[tokio::test]
async fn a_notice_whose_sender_was_cut_off_is_sent_by_another_one() {
    let told = Told::start().await;
    let World { app, alice, .. } = &told.world;
    app.revoke(alice).await;
    make(app).await;
    // A sender that ends in the middle: it has taken the notice, and nobody knows if that arrived.
    app.execute("UPDATE notices SET attempts = 1, next_attempt_at = '2026-03-14 15:14:26'")
        .await;
    let other = Box::pin(app.beside(&told.configuration)).await;
    assert!(
        !other
            .service
            .notices
            .deliver(Channel::Webhook)
            .await
            .unwrap()
    );
    app.clock.advance(Duration::minutes(5));
    assert!(
        other
            .service
            .notices
            .deliver(Channel::Webhook)
            .await
            .unwrap()
    );
    assert_eq!(told.receiver.take().len(), 1);
}

#[tokio::test]
async fn what_happens_while_the_service_is_away_is_told_later() {
    let told = Told::start().await;
    let Told {
        world: World { app, alice, .. },
        receiver,
        configuration,
        ..
    } = told;
    app.revoke(&alice).await;
    app.clock.advance(Duration::days(1));
    let app = app.restart_with(&configuration).await;
    super::tell(&app).await;
    assert_eq!(receiver.take().len(), 1);
}

#[tokio::test]
async fn old_events_are_no_news_when_notices_are_turned_on_again() {
    let told = Told::start().await;
    let World { app, alice, .. } = &told.world;
    app.revoke(alice).await;
    app.clock.advance(Duration::days(4));
    assert_eq!(told.kinds().await, Vec::<String>::new());
}
