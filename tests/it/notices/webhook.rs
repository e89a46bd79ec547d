//! The webhook: its messages, their signatures, and where requests go.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Duration;
use serde_json::json;

use super::receiver::{Message, Receiver};
use super::{SECRET, Told, make, send, tell, webhook_at};
use crate::harness::World;

/// True if a message bears the signature that Standard Webhooks wants, computed once more.
fn is_signed(message: &Message, secret: &str) -> bool {
    let key = STANDARD
        .decode(secret.strip_prefix("whsec_").unwrap())
        .unwrap();
    let head = &message.headers;
    let signed = format!(
        "{}.{}.{}",
        head["webhook-id"], head["webhook-timestamp"], message.body
    );
    let tag = STANDARD
        .decode(head["webhook-signature"].strip_prefix("v1,").unwrap())
        .unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    hmac::verify(&key, signed.as_bytes(), &tag).is_ok()
}

#[tokio::test]
async fn a_message_says_what_happened_and_is_signed() {
    let told = Told::start().await;
    let World { app, root, alice } = &told.world;
    let token = alice.token_id;
    let reply = root.at("192.0.2.1").delete(&alice.token_path()).await;
    assert_eq!(reply.status, 204);
    told.tell().await;
    let [message] = <[Message; 1]>::try_from(told.receiver.take()).unwrap();
    assert_eq!(message.request_line, "POST /hook?for=wharf HTTP/1.1");
    assert_eq!(message.headers["content-type"], "application/json");
    assert!(message.headers["webhook-id"].starts_with("msg_"));
    let timestamp = app.now().timestamp().to_string();
    assert_eq!(message.headers["webhook-timestamp"], timestamp);
    assert!(is_signed(&message, SECRET));
    assert!(!is_signed(
        &message,
        "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    ));
    assert_eq!(
        message.json(),
        json!({
            "type": "access_token.revoked",
            "timestamp": "2026-03-14T15:09:26Z",
            "data": {
                "message": format!("the personal access token {token} (test) of alice was revoked"),
                "token": { "type": "access_token", "id": token, "name": "test", "expires_at": null },
                "owner": { "id": app.id_of("alice").await, "username": "alice" },
                "namespace": null,
                "author_name": "root",
                "ip_address": "192.0.2.1",
                "also_revoked": [],
            },
        })
    );
    assert!(!message.body.contains(alice.secret()));
}

#[tokio::test]
async fn a_message_is_sent_again_with_its_id_until_it_is_taken() {
    let told = Told::start().await;
    let World { app, alice, .. } = &told.world;
    told.receiver.answer("500 Internal Server Error");
    told.receiver
        .answer("302 Found\r\nlocation: http://127.0.0.1:1/");
    app.revoke(alice).await;
    told.tell().await;
    let first = told.receiver.take();
    assert_eq!(first.len(), 1);
    told.tell().await;
    assert!(told.receiver.take().is_empty(), "it waits");
    app.clock.advance(Duration::seconds(13));
    told.tell().await;
    let second = told.receiver.take();
    app.clock.advance(Duration::seconds(26));
    told.tell().await;
    let third = told.receiver.take();
    for again in [&second, &third] {
        assert_eq!(again.len(), 1);
        assert_eq!(
            again[0].headers["webhook-id"],
            first[0].headers["webhook-id"]
        );
        assert_eq!(again[0].body, first[0].body);
        assert!(is_signed(&again[0], SECRET));
        assert_ne!(
            again[0].headers["webhook-timestamp"],
            first[0].headers["webhook-timestamp"]
        );
    }
    app.clock.advance(Duration::days(1));
    told.tell().await;
    assert!(told.receiver.take().is_empty(), "it was taken");
}

#[tokio::test]
async fn a_receiver_that_was_away_gets_all_after_a_restart() {
    let away = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = away.local_addr().unwrap().to_string();
    drop(away);
    let configuration = webhook_at(&format!("http://{address}/"));
    let World { app, alice, root } = World::start_with(&configuration).await;
    make(&app).await;
    app.revoke(&alice).await;
    tell(&app).await;
    let seen = root.read("/notices").await;
    assert_eq!(seen[0]["last_error"], "the webhook cannot be reached");
    let app = app.restart_with(&configuration).await;
    let receiver = Receiver::at(&address);
    send(&app).await;
    assert!(receiver.take().is_empty(), "it waits");
    app.clock.advance(Duration::seconds(13));
    send(&app).await;
    assert_eq!(receiver.take().len(), 1);
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_left_alone() {
    let told = Told::start().await;
    told.receiver.answer("410 Gone");
    told.world.app.revoke(&told.world.alice).await;
    told.tell().await;
    assert_eq!(told.receiver.take().len(), 1);
    let seen = told.world.root.read("/notices?state=failed").await;
    assert_eq!(
        seen[0]["last_error"],
        "the webhook answered 410: it is gone"
    );
    assert_eq!(seen[0]["next_attempt_at"], json!(null));
}

#[tokio::test]
async fn requests_go_to_public_addresses_only_unless_allowed() {
    const REFUSED: &str =
        "the name leads to no address that is public or among `webhook.allowed_networks`";
    let receiver = Receiver::start();
    let port = receiver.url().rsplit(':').next().unwrap().to_owned();
    for host in [
        "127.0.0.1",
        "localhost",
        "[::ffff:127.0.0.1]",
        "0x7f.1",
        "2130706433",
    ] {
        let configuration = webhook_at(&format!("http://{host}:{port}"));
        // Another network is allowed.
        let configuration = configuration.replace("127.0.0.0/8", "10.0.0.0/8");
        let World { app, alice, root } = World::start_with(&configuration).await;
        make(&app).await;
        app.revoke(&alice).await;
        tell(&app).await;
        let seen = root.read("/notices").await;
        assert_eq!(seen[0]["last_error"], REFUSED, "{host}");
        assert_eq!(seen[0]["state"], "pending", "{host}");
    }
    assert!(receiver.take().is_empty());
}

#[tokio::test]
async fn a_receiver_that_is_slow_is_not_waited_for() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let configuration = webhook_at(&url) + "timeout = \"1s\"\n";
    let World { app, alice, root } = World::start_with(&configuration).await;
    make(&app).await;
    app.revoke(&alice).await;
    let begin = std::time::Instant::now();
    tell(&app).await;
    assert!(begin.elapsed() < std::time::Duration::from_secs(9));
    let seen = root.read("/notices").await;
    assert_eq!(seen[0]["last_error"], "the webhook did not answer in time");
}
