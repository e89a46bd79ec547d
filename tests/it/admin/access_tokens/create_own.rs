//! Tokens that people make for themselves, with one that they have.

use axum::http::StatusCode;
use chrono::Duration;
use serde_json::{Value, json};
use wharfinger::app::ChangeError;
use wharfinger::domain::access_tokens::AccessTokenSpecification;
use wharfinger::domain::access_tokens::policy::WantedEnd;
use wharfinger::domain::access_tokens::scope::AccessTokenScope;
use wharfinger::domain::authority::Authority;
use wharfinger::domain::expiry::Expiry;

use crate::harness::{Reply, TestApp, Token};

const OWN: &str = "/user/personal_access_tokens";

async fn start() -> (TestApp, Token) {
    let app = TestApp::start().await;
    app.user("alice").await;
    let end = Expiry::on("2026-06-01".parse().unwrap());
    let maker = app
        .token_as("alice", "api", |token| token.expiring(Some(end)))
        .await;
    (app, maker)
}

async fn make(app: &TestApp, maker: &Token, more: Value) -> Reply {
    let mut body = json!({ "name": "made", "scopes": ["read_registry", "self_rotate"] });
    let fields = more.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(fields);
    app.api(("POST", OWN), maker, body).await
}

async fn made(app: &TestApp, maker: &Token, more: Value) -> Value {
    let reply = make(app, maker, more).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    reply.json()
}

async fn status(app: &TestApp, token: &Value) -> u16 {
    let secret = token["token"].as_str().unwrap();
    app.ask(Some(("alice", secret)), &[]).await.status.as_u16()
}

#[tokio::test]
async fn a_token_makes_others_for_its_owner_with_every_scope_but_api() {
    let (app, maker) = start().await;
    let mut reply = made(&app, &maker, json!({ "repositories": ["team/**"] })).await;
    assert_eq!(status(&app, &reply).await, 200);
    reply["token"].take();
    insta::assert_snapshot!(reply, @r#"{"active":true,"created_at":"2026-03-14T15:09:26.000Z","description":null,"expired":false,"expires_at":"2026-06-01","expires_at_time":"2026-06-01T00:00:00.000Z","grace_until":null,"id":2,"last_used_at":null,"last_used_ips":[],"name":"made","parent_personal_access_token_id":1,"previous_personal_access_token_id":null,"repositories":["team/**"],"revoked":false,"scopes":["read_registry","self_rotate"],"token":null,"user_id":1}"#);
    insta::assert_snapshot!(app.last_audited().await, @r#"alice token.created 2 for alice with token 1, scopes read_registry self_rotate"#);
    let all = [
        "read_api",
        "read_user",
        "read_registry",
        "write_registry",
        "delete_registry",
        "self_rotate",
    ];
    assert_eq!(
        made(&app, &maker, json!({ "scopes": all })).await["scopes"],
        json!(all)
    );
    let told = async |token: &Token, more: Value| {
        let reply = make(&app, token, more).await;
        format!("{} {}", reply.status.as_u16(), reply.body)
    };
    insta::assert_snapshot!(told(&maker, json!({ "scopes": ["api", "read_user"] })).await, @r#"400 {"message":"400 Bad request - a token that is made with another one cannot have the scope api; choose other scopes, or ask an administrator for it"}"#);
    insta::assert_snapshot!(told(&maker, json!({ "scopes": ["sudo"] })).await, @r#"400 {"error":"scopes does not have a valid value"}"#);
    insta::assert_snapshot!(told(&maker, json!({ "user_id": 1 })).await, @r#"400 {"error":"user_id is not a parameter here; there is name, description, scopes, expires_at, expires_in, repositories"}"#);
    let reader = app.token("alice", "read_api self_rotate").await;
    insta::assert_snapshot!(told(&reader, json!({})).await, @r#"403 {"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api"}"#);
}

#[tokio::test]
async fn it_ends_no_later_than_the_token_that_made_it() {
    let (app, maker) = start().await;
    let ends = async |more: Value| made(&app, &maker, more).await["expires_at"].take();
    assert_eq!(ends(json!({})).await, "2026-06-01");
    assert_eq!(ends(json!({ "expires_at": null })).await, "2026-06-01");
    assert_eq!(
        ends(json!({ "expires_at": "2026-05-31" })).await,
        "2026-05-31"
    );
    assert_eq!(
        ends(json!({ "expires_at": "2026-06-01" })).await,
        "2026-06-01"
    );
    assert_eq!(ends(json!({ "expires_in": "2h" })).await, "2026-03-15");
    for later in [
        json!({ "expires_at": "2026-06-02" }),
        json!({ "expires_in": "365d" }),
    ] {
        let refused = make(&app, &maker, later).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        insta::allow_duplicates! {
            insta::assert_snapshot!(refused.body, @r#"{"message":{"expires_at":["must not be after 2026-06-01: the token that it is made with ends then"]}}"#);
        }
    }
}

#[tokio::test]
async fn it_is_revoked_with_the_token_that_made_it() {
    let (app, maker) = start().await;
    let child = made(&app, &maker, json!({})).await;
    let path = "/personal_access_tokens/self/rotate";
    let secret = child["token"].as_str().unwrap();
    let grandchild = app
        .api_as(("POST", path), Some(secret), json!({ "grace": "7d" }))
        .await
        .json();
    assert_eq!(grandchild["parent_personal_access_token_id"], maker.id.0);
    assert_eq!(
        (status(&app, &child).await, status(&app, &grandchild).await),
        (200, 200)
    );
    app.api(
        ("DELETE", "/personal_access_tokens/self"),
        &maker,
        Value::Null,
    )
    .await;
    assert_eq!(
        (status(&app, &child).await, status(&app, &grandchild).await),
        (401, 401)
    );
    insta::assert_snapshot!(app.last_audited().await, @r#"alice token.revoked 1 with tokens 2, 3"#);
}

#[tokio::test]
async fn rotating_the_maker_keeps_it_and_it_hangs_on_the_new_one() {
    let (app, maker) = start().await;
    for grace in [json!({}), json!({ "grace": "1h" })] {
        let maker = app.token("alice", "api").await;
        let child = made(&app, &maker, json!({})).await;
        let path = "/personal_access_tokens/self/rotate";
        let new = app.api(("POST", path), &maker, grace).await.json();
        assert_eq!(status(&app, &child).await, 200);
        let path = format!("/personal_access_tokens/{}", child["id"]);
        let secret = new["token"].as_str().unwrap();
        let seen = app.api_as(("GET", &path), Some(secret), Value::Null).await;
        assert_eq!(seen.json()["parent_personal_access_token_id"], new["id"]);
        let path = format!("/personal_access_tokens/{}", new["id"]);
        app.api_as(("DELETE", &path), Some(secret), Value::Null)
            .await;
        assert_eq!(status(&app, &child).await, 401);
    }
    // One that was made by the old token in its grace ends with the grace, and with the old one.
    let path = "/personal_access_tokens/self/rotate";
    app.api(("POST", path), &maker, json!({ "grace": "1h" }))
        .await;
    let late = made(&app, &maker, json!({})).await;
    assert_eq!(late["expires_at_time"], "2026-03-14T16:09:26.000Z");
    app.api(
        ("DELETE", "/personal_access_tokens/self"),
        &maker,
        Value::Null,
    )
    .await;
    assert_eq!(status(&app, &late).await, 401);
}

#[tokio::test]
async fn it_is_shortened_and_narrowed_away_with_the_token_that_made_it() {
    let (app, maker) = start().await;
    let child = made(&app, &maker, json!({})).await;
    let path = format!("/personal_access_tokens/{}", maker.id);
    let change = async |body: Value| app.api(("PATCH", &path), &maker, body).await.status;
    assert_eq!(
        change(json!({ "expires_at": "2026-04-01" })).await,
        StatusCode::OK
    );
    let seen = async || {
        let path = format!("/personal_access_tokens/{}", child["id"]);
        let other = app.token("alice", "read_api").await;
        app.api(("GET", &path), &other, Value::Null).await.json()
    };
    assert_eq!(seen().await["expires_at"], "2026-04-01");
    assert_eq!(change(json!({ "name": "still" })).await, StatusCode::OK);
    assert_eq!(status(&app, &child).await, 200);

    // What it could not make any more does not stay.
    let maker = app.token("alice", "api read_user").await;
    let child = made(&app, &maker, json!({})).await;
    let path = format!("/personal_access_tokens/{}", maker.id);
    let narrowed = json!({ "scopes": ["read_user"] });
    app.api(("PATCH", &path), &maker, narrowed).await;
    assert_eq!(status(&app, &child).await, 401);
    insta::assert_snapshot!(app.last_audited().await, @r#"alice token.changed 4 named test, scopes read_user; revoked tokens 5"#);
}

#[tokio::test]
async fn its_own_rotation_ends_no_later_than_the_maker() {
    let (app, _) = start().await;
    let soon = Expiry::on(app.now().date_naive() + Duration::days(3));
    let maker = app
        .token_as("alice", "api", |token| token.expiring(Some(soon)))
        .await;
    let child = made(&app, &maker, json!({})).await;
    let path = "/personal_access_tokens/self/rotate";
    let secret = child["token"].as_str().unwrap();
    let later = json!({ "expires_at": "2026-03-18" });
    let refused = app.api_as(("POST", path), Some(secret), later).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.body);
    let next = app.api_as(("POST", path), Some(secret), json!({})).await;
    assert_eq!(next.json()["expires_at"], "2026-03-17", "not in a week");
    app.clock.advance(Duration::days(3));
    let other = app.token("alice", "api").await;
    let path = format!("/personal_access_tokens/{}/rotate", next.json()["id"]);
    let refused = app.api(("POST", &path), &other, json!({})).await;
    insta::assert_snapshot!(refused.body, @r#"{"message":"400 Bad request - the token that it was made with has ended, so no other can take its place"}"#);
}

#[tokio::test]
async fn a_token_that_ended_while_its_request_was_under_way_makes_nothing() {
    let (app, maker) = start().await;
    let narrow = app.token("alice", "read_api").await;
    app.desk
        .revoke_access_token(&Authority::operator(), maker.id)
        .await
        .unwrap();
    for token in [maker, narrow] {
        let scopes = [AccessTokenScope::ReadUser].into_iter().collect();
        let wanted = AccessTokenSpecification::new("late".try_into().unwrap(), scopes).unwrap();
        let operator = Authority::operator();
        let made = app
            .desk
            .create_own_access_token(&operator, token.id, wanted, WantedEnd::Unsaid)
            .await;
        assert!(matches!(made, Err(ChangeError::Forbidden(_))), "{made:?}");
    }
}
