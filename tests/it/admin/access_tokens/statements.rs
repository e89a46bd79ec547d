//! What Wharfinger was made for: the statements about personal access tokens, each a test.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use chrono::Duration;
use serde_json::{Value, json};
use wharfinger::domain::expiry::Expiry;
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{TestApp, Token};

const PULL: &str = "repository:team/app:pull";

async fn start() -> (TestApp, Token) {
    let app = TestApp::start().await;
    app.administrator("root").await;
    app.user("alice").await;
    let root = app.token("root", "api").await;
    (app, root)
}

async fn create(app: &TestApp, root: &Token, body: Value) -> Value {
    let path = format!("/users/{}/personal_access_tokens", app.id_of("alice").await);
    let reply = app.api(("POST", &path), root, body).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    reply.json()
}

#[tokio::test]
async fn you_can_create_as_many_tokens_as_you_like() {
    let (app, root) = start().await;
    for _ in 0..30 {
        create(
            &app,
            &root,
            json!({ "name": "the same name", "scopes": ["read_registry"] }),
        )
        .await;
    }
    let alice = app.token("alice", "read_api").await;
    let reply = app
        .api(("GET", "/personal_access_tokens"), &alice, Value::Null)
        .await;
    assert_eq!(reply.header("x-total"), "31");
}

#[tokio::test]
async fn a_token_has_a_name_optionally_an_expiry_date_and_the_scopes_you_choose() {
    let (app, root) = start().await;
    let endless = create(
        &app,
        &root,
        json!({ "name": "endless", "scopes": ["read_user"] }),
    )
    .await;
    assert_eq!(
        (&endless["name"], &endless["expires_at"]),
        (&json!("endless"), &Value::Null)
    );
    let ending =
        json!({ "name": "ending", "scopes": ["api", "read_registry"], "expires_at": "2026-04-01" });
    let ending = create(&app, &root, ending).await;
    assert_eq!(ending["expires_at"], "2026-04-01");
    assert_eq!(ending["scopes"], json!(["api", "read_registry"]));
    assert_eq!(ending["active"], true);
}

#[tokio::test]
async fn a_token_is_shown_once_and_never_again_by_any_endpoint() {
    let (app, root) = start().await;
    let created = create(&app, &root, json!({ "name": "ci", "scopes": ["api"] })).await;
    let secret = created["token"].as_str().unwrap().to_owned();
    let one = format!("/personal_access_tokens/{}", created["id"]);
    let of_alice = format!("/personal_access_tokens?user_id={}", created["user_id"]);
    let user = format!("/users/{}", created["user_id"]);
    for path in [
        "/personal_access_tokens",
        &of_alice,
        &one,
        "/personal_access_tokens/self",
        "/user",
        "/users",
        &user,
        "/version",
    ] {
        for token in [&secret, root.secret.expose()] {
            let reply = app.api_as(("GET", path), Some(token), Value::Null).await;
            assert_eq!(reply.status, StatusCode::OK, "{path}");
            assert!(
                !reply.body.contains(&secret) && !reply.body.contains("\"token\":"),
                "{path}: {}",
                reply.body
            );
            assert!(!reply.header("link").contains(&secret), "{path}");
        }
    }
    let renamed = app
        .api_as(("PATCH", &one), Some(&secret), json!({ "name": "renamed" }))
        .await;
    assert_eq!(renamed.json()["name"], "renamed");
    assert!(renamed.json().get("token").is_none());
    let jwt = app.ask(Some(("alice", &secret)), &[]).await;
    assert!(!jwt.body.contains(&secret));
}

#[tokio::test]
async fn a_token_can_be_revoked_at_any_moment_with_effect_at_once_everywhere() {
    let (app, root) = start().await;
    let created = create(&app, &root, json!({ "name": "ci", "scopes": ["api"] })).await;
    let secret = created["token"].as_str().unwrap();
    let works = async || {
        let registry = app.ask(Some(("alice", secret)), &[PULL]).await.status;
        (
            registry,
            app.api_as(("GET", "/user"), Some(secret), Value::Null)
                .await
                .status,
        )
    };
    assert_eq!(works().await, (StatusCode::OK, StatusCode::OK));
    let path = format!("/personal_access_tokens/{}", created["id"]);
    assert_eq!(
        app.api(("DELETE", &path), &root, Value::Null).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        works().await,
        (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED)
    );
    let token = app.api(("GET", &path), &root, Value::Null).await.json();
    assert_eq!(
        (&token["revoked"], &token["active"]),
        (&json!(true), &json!(false))
    );
}

#[tokio::test]
async fn an_expired_token_works_nowhere() {
    let (app, _) = start().await;
    let tomorrow = Expiry::on(app.now().date_naive() + Duration::days(1));
    let token = app
        .token_as("alice", "api", |token| token.expiring(Some(tomorrow)))
        .await;
    assert_eq!(
        app.api(("GET", "/user"), &token, Value::Null).await.status,
        StatusCode::OK
    );
    app.clock.advance(Duration::days(1));
    let reply = app.api(("GET", "/user"), &token, Value::Null).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(reply.json()["error"], "invalid_token");
    let registry = app.ask(Some(("alice", token.secret.expose())), &[]).await;
    assert_eq!(registry.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_is_passed_as_private_token_parameter_or_header() {
    let (app, root) = start().await;
    let secret = root.secret.expose();
    let by_query = Request::get(format!("/api/v4/user?private_token={secret}")).body(Body::empty());
    let by_header = Request::get("/api/v4/user")
        .header("PRIVATE-TOKEN", secret)
        .body(Body::empty());
    let by_bearer = Request::get("/api/v4/user")
        .header(header::AUTHORIZATION, format!("Bearer {secret}"))
        .body(Body::empty());
    for request in [by_query, by_header, by_bearer] {
        let reply = app.send_admin(request.unwrap()).await;
        assert_eq!(reply.json()["username"], "root");
    }
    let form = format!("private_token={secret}&username=bob");
    let by_form = Request::post("/api/v4/users")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let reply = app
        .send_admin(by_form.body(Body::from(form)).unwrap())
        .await;
    assert_eq!(
        (reply.status, &reply.json()["username"]),
        (StatusCode::CREATED, &json!("bob"))
    );
    let body = json!({ "private_token": secret, "username": "carol" });
    let reply = app.api_as(("POST", "/users"), None, body).await;
    assert_eq!(reply.status, StatusCode::CREATED);
}

#[tokio::test]
async fn read_user_opens_only_get_under_user_and_users() {
    let (app, _) = start().await;
    let token = app.token("root", "read_user").await;
    let root = app.id_of("root").await;
    for path in [
        "/user".to_owned(),
        "/users".to_owned(),
        format!("/users/{root}"),
    ] {
        assert_eq!(
            app.api(("GET", &path), &token, Value::Null).await.status,
            StatusCode::OK,
            "{path}"
        );
    }
    for (method, path) in [
        ("GET", "/version".to_owned()),
        ("GET", "/personal_access_tokens".to_owned()),
        ("GET", "/personal_access_tokens/1".to_owned()),
        ("DELETE", "/personal_access_tokens/1".to_owned()),
        ("POST", "/users".to_owned()),
        ("POST", format!("/users/{root}/block")),
        ("POST", format!("/users/{root}/personal_access_tokens")),
    ] {
        let reply = app.api((method, &path), &token, json!({})).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{method} {path}");
        assert_eq!(reply.json()["error"], "insufficient_scope");
    }
    let registry = app
        .ask(Some(("root", token.secret.expose())), &[PULL])
        .await;
    assert_eq!(registry.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn api_opens_everything_its_owner_may_do() {
    let (app, root) = start().await;
    app.project("team/app", Visibility::Private).await;
    app.member("team", "alice", "developer").await;
    let alice = app.token("alice", "api").await;
    let scopes = ["repository:team/app:pull,push,delete"];
    let granted = app
        .ask(Some(("alice", alice.secret.expose())), &scopes)
        .await
        .granted(&app.keys);
    assert_eq!(
        granted,
        ["repository:team/app:pull,push"],
        "what a developer may do, no more"
    );
    assert_eq!(
        app.api(("GET", "/personal_access_tokens"), &alice, Value::Null)
            .await
            .status,
        StatusCode::OK
    );
    assert_eq!(
        app.api(("POST", "/users"), &alice, json!({ "username": "x" }))
            .await
            .status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        app.api(("POST", "/users"), &root, json!({ "username": "x" }))
            .await
            .status,
        StatusCode::CREATED
    );
}

#[tokio::test]
async fn read_registry_pulls_and_opens_nothing_else() {
    let (app, _) = start().await;
    app.project("team/app", Visibility::Private).await;
    app.member("team", "root", "owner").await;
    let token = app.token("root", "read_registry").await;
    let scopes = ["repository:team/app:pull,push,delete", "registry:catalog:*"];
    let granted = app
        .ask(Some(("root", token.secret.expose())), &scopes)
        .await
        .granted(&app.keys);
    assert_eq!(granted, [PULL]);
    for (method, path) in [
        ("GET", "/user"),
        ("GET", "/users"),
        ("GET", "/personal_access_tokens"),
        ("GET", "/version"),
    ] {
        let reply = app.api((method, path), &token, Value::Null).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{path}");
    }
    let own = app
        .api(("GET", "/personal_access_tokens/self"), &token, Value::Null)
        .await;
    assert_eq!(
        own.status,
        StatusCode::OK,
        "a token may look at itself, as in GitLab"
    );
}
