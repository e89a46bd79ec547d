//! A revoked token that somebody presents for rotation: it was stolen, or its successor was.

use axum::http::StatusCode;
use chrono::Duration;
use serde_json::{Value, json};
use wharfinger::domain::authority::Authority;
use wharfinger::domain::expiry::Expiry;

use crate::harness::{TestApp, Token, basic};

const SELF: &str = "/personal_access_tokens/self/rotate";

/// A chain of three: the first two were rotated. And what the last one made.
struct Family {
    app: TestApp,
    first: Token,
    second: String,
    third: String,
    made: String,
}

async fn family() -> Family {
    let app = TestApp::start().await;
    app.user("alice").await;
    let first = app.token("alice", "api").await;
    let body = json!({ "name": "made", "scopes": ["read_registry"] });
    let made = token(
        &app,
        ("POST", "/user/personal_access_tokens"),
        first.secret.expose(),
        body,
    )
    .await;
    let second = token(&app, ("POST", SELF), first.secret.expose(), json!({})).await;
    let third = token(&app, ("POST", SELF), &second, json!({})).await;
    Family {
        app,
        first,
        second,
        third,
        made,
    }
}

async fn token(app: &TestApp, call: (&str, &str), secret: &str, body: Value) -> String {
    let reply = app.api_as(call, Some(secret), body).await;
    assert!(reply.status.is_success(), "{}", reply.body);
    reply.json()["token"].as_str().unwrap().to_owned()
}

impl Family {
    async fn present(&self, path: &str, secret: &str) -> (StatusCode, Value) {
        let reply = self
            .app
            .api_as(("POST", path), Some(secret), json!({}))
            .await;
        (reply.status, reply.json())
    }

    /// Whether the last of the chain works, and what was made.
    async fn works(&self) -> (bool, bool) {
        let works = async |secret: &str| {
            self.app.ask(Some(("alice", secret)), &[]).await.status == StatusCode::OK
        };
        (works(&self.third).await, works(&self.made).await)
    }
}

#[tokio::test]
async fn it_ends_all_that_came_after_it_and_what_was_made_with_them() {
    for by_id in [false, true] {
        let family = family().await;
        let bystander = family.app.token("alice", "read_registry").await;
        let path = if by_id {
            "/personal_access_tokens/999/rotate"
        } else {
            SELF
        };
        assert_eq!(family.works().await, (true, true));
        let (status, body) = family.present(path, family.first.secret.expose()).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert_eq!(
            body["error_description"],
            "Token was revoked. Make a new one."
        );
        assert_eq!(family.works().await, (false, false));
        let audited = family.app.last_audited().await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(audited, @r#"(service) token.reused 1 revoked tokens 2, 4"#);
        }
        let others = Some(("alice", bystander.secret.expose()));
        assert_eq!(family.app.ask(others, &[]).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn the_last_but_one_does_it_too_and_also_one_whose_grace_is_over() {
    let family = family().await;
    family.present(SELF, &family.second).await;
    assert_eq!(family.works().await, (false, false));

    let app = TestApp::start().await;
    app.user("alice").await;
    let old = app.token("alice", "self_rotate read_registry").await;
    let new = token(
        &app,
        ("POST", SELF),
        old.secret.expose(),
        json!({ "grace": "1h" }),
    )
    .await;
    app.clock.advance(Duration::hours(1));
    let reply = app.api(("POST", SELF), &old, json!({})).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    let status = app.ask(Some(("alice", &new)), &[]).await.status;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_still_works_from_before_ends_too() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let first = app.token("alice", "api").await;
    let second = token(
        &app,
        ("POST", SELF),
        first.secret.expose(),
        json!({ "grace": "7d" }),
    )
    .await;
    let third = token(&app, ("POST", SELF), &second, json!({ "grace": "1s" })).await;
    app.clock.advance(Duration::seconds(1));
    app.api_as(("POST", SELF), Some(&second), json!({})).await;
    for secret in [first.secret.expose(), &third] {
        let status = app.ask(Some(("alice", secret)), &[]).await.status;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn anywhere_else_it_only_fails() {
    let family = family().await;
    let dead = family.first.secret.expose();
    for (method, path) in [
        ("GET", "/personal_access_tokens/self"),
        ("DELETE", "/personal_access_tokens/self"),
        ("GET", SELF),
        ("POST", "/user/personal_access_tokens"),
    ] {
        let reply = family
            .app
            .api_as((method, path), Some(dead), Value::Null)
            .await;
        assert!(reply.status.is_client_error(), "{method} {path}");
    }
    family.app.ask(Some(("alice", dead)), &[]).await;
    let request = axum::http::Request::get("/auth/verify")
        .header("authorization", basic("alice", dead))
        .body(axum::body::Body::empty())
        .unwrap();
    let reply = family.app.send(request).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(family.works().await, (true, true));
}

#[tokio::test]
async fn an_expired_token_is_expired_before_it_is_revoked() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let tomorrow = Expiry::on(app.now().date_naive() + Duration::days(1));
    let old = app
        .token_as("alice", "api", |token| token.expiring(Some(tomorrow)))
        .await;
    let new = token(&app, ("POST", SELF), old.secret.expose(), json!({})).await;
    app.clock.advance(Duration::days(1));
    let reply = app.api(("POST", SELF), &old, json!({})).await;
    assert_eq!(
        reply.json()["error_description"],
        "Token is expired. Make a new one."
    );
    let status = app.ask(Some(("alice", &new)), &[]).await.status;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn the_maker_of_a_token_does_not_end_with_it() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let maker = app.token("alice", "api").await;
    let body = json!({ "name": "made", "scopes": ["self_rotate", "read_registry"] });
    let made = token(
        &app,
        ("POST", "/user/personal_access_tokens"),
        maker.secret.expose(),
        body,
    )
    .await;
    let next = token(&app, ("POST", SELF), &made, json!({})).await;
    app.api_as(("POST", SELF), Some(&made), json!({})).await;
    let status = async |secret: &str| app.ask(Some(("alice", secret)), &[]).await.status;
    assert_eq!(status(&next).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(maker.secret.expose()).await, StatusCode::OK);
}

#[tokio::test]
async fn a_token_that_was_revoked_by_hand_has_nobody_to_take_along() {
    let family = family().await;
    let other = family.app.token("alice", "self_rotate").await;
    family
        .app
        .desk
        .revoke_access_token(&Authority::operator(), other.id)
        .await
        .unwrap();
    let before = family.app.last_audited().await;
    let (status, _) = family.present(SELF, other.secret.expose()).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(family.app.last_audited().await, before);
    assert_eq!(family.works().await, (true, true));
}
