//! A revoked token that somebody presents for rotation: it was stolen, or its successor was.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use chrono::Duration;
use serde_json::{Value, json};
use wharfinger::domain::expiry::Expiry;
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{Actor, Reply, TestApp};

const SELF: &str = "/personal_access_tokens/self/rotate";
const OWN: &str = "/user/personal_access_tokens";

/// Tokens of alice, a chain of three: the first two were rotated. And what the first one made.
struct Family {
    app: TestApp,
    first: Actor,
    second: Actor,
    third: Actor,
    made: Actor,
}

async fn family() -> Family {
    let app = TestApp::start().await;
    app.user("alice").await;
    let first = app.actor("alice", "api").await;
    let body = json!({ "name": "made", "scopes": ["read_registry"] });
    let made = holder(&first, OWN, body).await;
    let second = holder(&first, SELF, json!({})).await;
    let third = holder(&second, SELF, json!({})).await;
    Family {
        app,
        first,
        second,
        third,
        made,
    }
}

/// Alice with the token that is made by a call.
async fn holder(by: &Actor, path: &str, body: Value) -> Actor {
    let reply = by.post(path, body).await;
    assert!(reply.status.is_success(), "{}", reply.body);
    by.holding(&reply.json())
}

impl Family {
    /// Whether the last of the chain works, and what was made.
    async fn works(&self) -> (bool, bool) {
        (self.third.works().await, self.made.works().await)
    }
}

/// Rotates a token with `null` in the body, as clients in Go do that have no options to send.
async fn rotate_with_null(app: &TestApp, token: &Actor) -> Reply {
    let request = Request::post(format!("/api/v4{SELF}"))
        .header("PRIVATE-TOKEN", token.secret())
        .header(header::CONTENT_TYPE, "application/json");
    app.send_admin(request.body(Body::from("null")).unwrap())
        .await
}

#[tokio::test]
async fn a_body_that_is_null_has_no_parameters_and_hides_no_reuse() {
    let family = family().await;
    let fresh = family.app.actor("alice", "self_rotate").await;
    let reply = rotate_with_null(&family.app, &fresh).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    assert_eq!(
        reply.json()["previous_personal_access_token_id"],
        fresh.id.0
    );
    let reply = rotate_with_null(&family.app, &family.first).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{}", reply.body);
    assert_eq!(family.works().await, (false, false));
}

#[tokio::test]
async fn it_ends_all_that_came_after_it_and_what_was_made_with_them() {
    for by_id in [false, true] {
        let family = family().await;
        let bystander = family.app.actor("alice", "read_registry").await;
        let path = if by_id {
            "/personal_access_tokens/999/rotate"
        } else {
            SELF
        };
        assert_eq!(family.works().await, (true, true));
        let reply = family.first.post(path, json!({})).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
        assert_eq!(
            reply.json()["error_description"],
            "Token was revoked. Make a new one."
        );
        assert_eq!(family.works().await, (false, false));
        let audited = family.app.last_audited().await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(audited, @r#"(service) access_token.reused 1 revoked tokens 2, 4"#);
        }
        assert_eq!(bystander.ask(&[]).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn the_event_says_from_where_and_by_which_request() {
    let family = family().await;
    let reply = family.first.at("203.0.113.7").post(SELF, json!({})).await;
    let event = family.app.last_event().await;
    assert_eq!(event.action, "access_token.reused");
    assert_eq!(event.address.as_deref(), Some("203.0.113.7"));
    let request = reply.header("x-request-id");
    assert_eq!(event.request_id.as_deref(), Some(request));
    assert_eq!(event.face.as_deref(), Some("api"));
}

#[tokio::test]
async fn the_last_but_one_does_it_too_and_also_one_whose_grace_is_over() {
    let family = family().await;
    family.second.post(SELF, json!({})).await;
    assert_eq!(family.works().await, (false, false));

    let app = TestApp::start().await;
    app.user("alice").await;
    let old = app.actor("alice", "self_rotate read_registry").await;
    let new = holder(&old, SELF, json!({ "grace": "1h" })).await;
    app.clock.advance(Duration::hours(1));
    let reply = old.post(SELF, json!({})).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(new.ask(&[]).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_still_works_from_before_ends_too() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let first = app.actor("alice", "api").await;
    let second = holder(&first, SELF, json!({ "grace": "7d" })).await;
    let third = holder(&second, SELF, json!({ "grace": "1s" })).await;
    app.clock.advance(Duration::seconds(1));
    second.post(SELF, json!({})).await;
    for ended in [first, third] {
        assert_eq!(ended.ask(&[]).await.status, StatusCode::UNAUTHORIZED);
    }
}

/// Projects and groups have no such tokens here; a thief does not know that.
#[tokio::test]
async fn it_ends_them_too_where_tokens_of_projects_and_groups_are_rotated() {
    for place in ["groups/team", "projects/team%2Fapp", "projects/999"] {
        for which in ["self", "7"] {
            let family = family().await;
            family.app.project("team/app", Visibility::Private).await;
            let tokens = format!("/{place}/access_tokens");
            for (method, path) in [
                ("GET", format!("{tokens}/{which}/rotate")),
                ("POST", format!("{tokens}/{which}")),
                ("POST", format!("{tokens}/{which}/rotate/more")),
                ("POST", format!("{tokens}/rotate")),
            ] {
                let reply = family.first.call(method, &path, Value::Null).await;
                assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{method} {path}");
                assert_eq!(family.works().await, (true, true), "{method} {path}");
            }
            let path = format!("{tokens}/{which}/rotate");
            let reply = family.first.post(&path, json!({})).await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
            assert_eq!(family.works().await, (false, false), "{path}");
        }
    }
}

#[tokio::test]
async fn anywhere_else_it_only_fails() {
    let family = family().await;
    let dead = &family.first;
    for (method, path) in [
        ("GET", "/personal_access_tokens/self"),
        ("DELETE", "/personal_access_tokens/self"),
        ("GET", SELF),
        ("POST", OWN),
    ] {
        let reply = dead.call(method, path, Value::Null).await;
        assert!(reply.status.is_client_error(), "{method} {path}");
    }
    dead.ask(&[]).await;
    let reply = dead.ask_at("/auth/verify").await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(family.works().await, (true, true));
}

#[tokio::test]
async fn an_expired_token_is_expired_before_it_is_revoked() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let tomorrow = Expiry::on(app.now().date_naive() + Duration::days(1));
    let old = app
        .actor_with("alice", "api", |token| token.expiring(Some(tomorrow)))
        .await;
    let new = holder(&old, SELF, json!({})).await;
    app.clock.advance(Duration::days(1));
    let reply = old.post(SELF, json!({})).await;
    assert_eq!(
        reply.json()["error_description"],
        "Token is expired. Make a new one."
    );
    assert_eq!(new.ask(&[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_maker_of_a_token_does_not_end_with_it() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let maker = app.actor("alice", "api").await;
    let body = json!({ "name": "made", "scopes": ["self_rotate", "read_registry"] });
    let made = holder(&maker, OWN, body).await;
    let next = holder(&made, SELF, json!({})).await;
    made.post(SELF, json!({})).await;
    assert_eq!(next.ask(&[]).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(maker.ask(&[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_token_that_was_revoked_by_hand_has_nobody_to_take_along() {
    let family = family().await;
    let other = family.app.actor("alice", "self_rotate").await;
    family.app.revoke(&other).await;
    let before = family.app.last_audited().await;
    let reply = other.post(SELF, json!({})).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(family.app.last_audited().await, before);
    assert_eq!(family.works().await, (true, true));
}
