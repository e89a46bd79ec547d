//! A rotated token that works for a while beside its successor.

use axum::http::StatusCode;
use chrono::Duration;
use serde_json::{Value, json};
use wharfinger::domain::expiry::Expiry;

use crate::harness::{TestApp, Token};

/// The app, the secret of an `api` token to look with, an old token and its successor's reply.
async fn rotated(body: Value) -> (TestApp, Token, Token, Value) {
    let app = TestApp::start().await;
    app.user("alice").await;
    let (alice, old) = (
        app.token("alice", "api").await,
        app.token("alice", "api").await,
    );
    let reply = rotate(&app, old.secret.expose(), body).await;
    (app, alice, old, reply)
}

async fn rotate(app: &TestApp, secret: &str, body: Value) -> Value {
    let path = "/personal_access_tokens/self/rotate";
    let reply = app.api_as(("POST", path), Some(secret), body).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    reply.json()
}

async fn works(app: &TestApp, secret: &str) -> bool {
    app.ask(Some(("alice", secret)), &[]).await.status == StatusCode::OK
}

fn secret(reply: &Value) -> &str {
    reply["token"].as_str().unwrap()
}

#[tokio::test]
async fn both_tokens_work_until_the_grace_ends_and_the_old_one_says_when() {
    let (app, alice, old, new) = rotated(json!({ "grace": "7d" })).await;
    assert_ne!(new["id"], old.id.0);
    assert_eq!(new["grace_until"], Value::Null);
    let path = format!("/personal_access_tokens/{}", old.id);
    let seen = async || app.api(("GET", &path), &alice, Value::Null).await.json();
    let shown = seen().await;
    assert_eq!(shown["grace_until"], "2026-03-21T15:09:26.000Z");
    assert_eq!(
        (&shown["active"], &shown["revoked"]),
        (&json!(true), &json!(false))
    );
    let both = async || {
        (
            works(&app, old.secret.expose()).await,
            works(&app, secret(&new)).await,
        )
    };
    assert_eq!(both().await, (true, true));
    app.clock.advance(Duration::days(7) - Duration::seconds(1));
    assert_eq!(both().await, (true, true));
    app.clock.advance(Duration::seconds(1));
    assert_eq!(both().await, (false, true));
    let shown = seen().await;
    assert_eq!(
        (&shown["active"], &shown["revoked"]),
        (&json!(false), &json!(true))
    );
    let found = app
        .api(
            ("GET", "/personal_access_tokens?revoked=true"),
            &alice,
            Value::Null,
        )
        .await
        .json();
    assert_eq!(
        (found.as_array().unwrap().len(), &found[0]["id"]),
        (1, &json!(old.id.0))
    );
    let reply = app.api(("GET", "/user"), &old, Value::Null).await;
    assert_eq!(
        reply.json()["error_description"],
        "Token was revoked. Make a new one."
    );
}

#[tokio::test]
async fn a_token_that_was_rotated_is_not_rotated_again_and_that_is_no_reuse() {
    let (app, alice, old, new) = rotated(json!({ "grace": "1h" })).await;
    let path = format!("/personal_access_tokens/{}/rotate", old.id);
    for reply in [
        app.api(
            ("POST", "/personal_access_tokens/self/rotate"),
            &old,
            json!({}),
        )
        .await,
        app.api(("POST", &path), &alice, json!({ "grace": "2h" }))
            .await,
    ] {
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        insta::allow_duplicates! {
            insta::assert_snapshot!(reply.body, @r#"{"message":"400 Bad request - Token already rotated: it works until its grace ends; rotate the one that took its place"}"#);
        }
    }
    assert!(works(&app, old.secret.expose()).await && works(&app, secret(&new)).await);
}

#[tokio::test]
async fn revoking_the_new_token_revokes_the_old_one() {
    let (app, alice, first, second) = rotated(json!({ "grace": "30d" })).await;
    let third = rotate(&app, secret(&second), json!({ "grace": "1h" })).await;
    // The second one's grace is over, the first one's is not.
    app.clock.advance(Duration::hours(2));
    assert!(works(&app, first.secret.expose()).await && works(&app, secret(&third)).await);
    let path = format!("/personal_access_tokens/{}", third["id"]);
    let reply = app.api(("DELETE", &path), &alice, Value::Null).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    assert!(!works(&app, first.secret.expose()).await && !works(&app, secret(&third)).await);
    insta::assert_snapshot!(app.last_audited().await, @r#"alice token.revoked 4 with tokens 2"#);
}

#[tokio::test]
async fn what_the_old_token_makes_in_its_grace_is_revoked_with_it_and_ends_with_its_grace() {
    let wanted = json!({ "name": "made", "scopes": ["read_registry"] });
    for is_revoked in [true, false] {
        let (app, alice, old, new) = rotated(json!({ "grace": "2h" })).await;
        let made = app.api(
            ("POST", "/user/personal_access_tokens"),
            &old,
            wanted.clone(),
        );
        let made = made.await.json();
        assert_eq!(made["expires_at_time"], "2026-03-14T17:09:26.000Z");
        assert!(works(&app, secret(&made)).await);
        if is_revoked {
            let path = format!("/personal_access_tokens/{}", new["id"]);
            app.api(("DELETE", &path), &alice, Value::Null).await;
        } else {
            app.clock.advance(Duration::hours(2));
        }
        assert!(!works(&app, old.secret.expose()).await && !works(&app, secret(&made)).await);
    }
}

#[tokio::test]
async fn the_old_token_can_be_revoked_before_its_grace_ends() {
    let (app, alice, old, new) = rotated(json!({ "grace": "7d" })).await;
    let path = format!("/personal_access_tokens/{}", old.id);
    app.api(("DELETE", &path), &alice, Value::Null).await;
    assert!(!works(&app, old.secret.expose()).await && works(&app, secret(&new)).await);
}

#[tokio::test]
async fn rotating_without_grace_ends_what_still_works_from_before() {
    let (app, _, first, second) = rotated(json!({ "grace": "7d" })).await;
    let third = rotate(&app, secret(&second), json!({})).await;
    assert!(!works(&app, first.secret.expose()).await && !works(&app, secret(&second)).await);
    assert!(works(&app, secret(&third)).await);
}

#[tokio::test]
async fn a_grace_is_never_longer_than_the_token_itself() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let tomorrow = Expiry::on(app.now().date_naive() + Duration::days(1));
    let old = app
        .token_as("alice", "api", |token| token.expiring(Some(tomorrow)))
        .await;
    let new = rotate(&app, old.secret.expose(), json!({ "grace": "7d" })).await;
    let path = format!("/personal_access_tokens/{}", old.id);
    let seen = async || {
        app.api_as(("GET", &path), Some(secret(&new)), Value::Null)
            .await
            .json()
    };
    assert_eq!(seen().await["grace_until"], "2026-03-15T00:00:00.000Z");
    app.clock.advance(Duration::days(1));
    assert!(!works(&app, old.secret.expose()).await && works(&app, secret(&new)).await);
}
