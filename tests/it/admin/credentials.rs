//! What callers are told about their credentials, in GitLab's words.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::Value;
use wharfinger::domain::authority::Authority;

use crate::harness::{PASSWORD, TestApp, basic};

#[tokio::test]
async fn each_failure_has_gitlabs_status_and_body() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.user("bob").await;
    let told = async |token: Option<&str>| {
        let reply = app
            .api_as(("GET", "/personal_access_tokens"), token, Value::Null)
            .await;
        format!("{} {}", reply.status.as_u16(), reply.body)
    };
    insta::assert_snapshot!(told(None).await, @r#"401 {"message":"401 Unauthorized"}"#);
    insta::assert_snapshot!(told(Some("nonsense")).await, @r#"401 {"message":"401 Unauthorized"}"#);
    let revoked = app.token("alice", "api").await;
    app.desk
        .revoke_access_token(&Authority::operator(), revoked.id)
        .await
        .unwrap();
    insta::assert_snapshot!(told(Some(revoked.secret.expose())).await, @r#"401 {"error":"invalid_token","error_description":"Token was revoked. Make a new one."}"#);
    let narrow = app.token("alice", "read_user").await;
    insta::assert_snapshot!(told(Some(narrow.secret.expose())).await, @r#"403 {"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api read_api"}"#);
    let blocked = app.token("bob", "api").await;
    app.desk
        .block_user(&Authority::operator(), &"bob".try_into().unwrap())
        .await
        .unwrap();
    insta::assert_snapshot!(told(Some(blocked.secret.expose())).await, @r#"403 {"message":"403 Forbidden - Your account has been blocked."}"#);
}

#[tokio::test]
async fn passwords_and_registry_tokens_open_nothing_here() {
    let app = TestApp::start().await;
    app.administrator("root").await;
    let jwt = app.ask(Some(("root", PASSWORD)), &[]).await.json()["token"]
        .as_str()
        .unwrap()
        .to_owned();
    for value in [
        basic("root", PASSWORD),
        format!("Bearer {jwt}"),
        format!("Bearer {PASSWORD}"),
    ] {
        let request = Request::get("/api/v4/user")
            .header(header::AUTHORIZATION, value)
            .body(Body::empty())
            .unwrap();
        assert_eq!(
            app.send_admin(request).await.status,
            StatusCode::UNAUTHORIZED
        );
    }
}

#[tokio::test]
async fn the_parameter_counts_more_than_the_header() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.user("bob").await;
    let (alice, bob) = (
        app.token("alice", "api").await,
        app.token("bob", "api").await,
    );
    let path = format!("/user?private_token={}", alice.secret.expose());
    assert_eq!(
        app.api(("GET", &path), &bob, Value::Null).await.json()["username"],
        "alice"
    );
    let wrong = app
        .api(("GET", "/user?private_token=wrong"), &bob, Value::Null)
        .await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_comes_in_each_of_gitlabs_ways_and_an_empty_one_is_none() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.user("bob").await;
    let (alice, bob) = (
        app.token("alice", "api").await,
        app.token("bob", "api").await,
    );
    let (alice, bob) = (alice.secret.expose(), bob.secret.expose());
    let who = async |path: &str, headers: &[(&str, &str)]| {
        let mut request = Request::get(format!("/api/v4/user{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let reply = app.send_admin(request.body(Body::empty()).unwrap()).await;
        reply.json()["username"].as_str().map(str::to_owned)
    };
    let (parameter, bearer) = (format!("?access_token={alice}"), format!("Bearer {bob}"));
    let is = |name: &str| Some(name.to_owned());
    assert_eq!(who(&parameter, &[]).await, is("alice"));
    assert_eq!(
        who(&parameter, &[("authorization", &bearer)]).await,
        is("bob")
    );
    assert_eq!(who(&parameter, &[("private-token", bob)]).await, is("bob"));
    assert_eq!(
        who("", &[("private-token", alice), ("authorization", &bearer)]).await,
        is("alice")
    );
    assert_eq!(
        who("?private_token=", &[("private-token", bob)]).await,
        is("bob")
    );
    assert_eq!(
        who("", &[("private-token", ""), ("authorization", &bearer)]).await,
        is("bob")
    );
    assert_eq!(who("?private_token=&access_token=", &[]).await, None);
}

#[tokio::test]
async fn a_body_has_at_most_64_kib() {
    let app = TestApp::start().await;
    app.administrator("root").await;
    let root = app.token("root", "api").await;
    let path = format!("/users/{}", app.id_of("root").await);
    for (length, status) in [(64 * 1024, 200), (64 * 1024 + 1, 413)] {
        let empty = serde_json::json!({ "ignored": "" }).to_string().len();
        let body = serde_json::json!({ "ignored": "x".repeat(length - empty) });
        let reply = app.api(("PUT", &path), &root, body).await;
        assert_eq!(reply.status, status, "{length}: {}", reply.body);
    }
}

#[tokio::test]
async fn odd_requests_are_a_4xx_with_a_body() {
    let app = TestApp::start().await;
    app.administrator("root").await;
    let root = app.token("root", "api").await;
    let send = async |method: &str, path: &str, kind: &str, body: Vec<u8>| {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v4{path}"))
            .header("PRIVATE-TOKEN", root.secret.expose())
            .header(header::CONTENT_TYPE, kind)
            .body(Body::from(body))
            .unwrap();
        let reply = app.send_admin(request).await;
        assert!(reply.json().is_object(), "{}", reply.body);
        reply.status.as_u16()
    };
    assert_eq!(
        send("POST", "/users", "application/json", b"{".to_vec()).await,
        400
    );
    assert_eq!(
        send("POST", "/users", "application/json", b"[1]".to_vec()).await,
        400
    );
    assert_eq!(
        send("POST", "/users", "application/json", vec![0xFF; 10]).await,
        400
    );
    assert_eq!(
        send("POST", "/users", "text/plain", b"username=x".to_vec()).await,
        415
    );
    assert_eq!(
        send("POST", "/users", "application/json", vec![b' '; 65 * 1024]).await,
        413
    );
    assert_eq!(
        send(
            "POST",
            "/users",
            "application/json",
            br#"{"username":{"a":1}}"#.to_vec()
        )
        .await,
        400
    );
    assert_eq!(
        send(
            "POST",
            "/users",
            "application/json",
            br#"{"username":"a\u0000b"}"#.to_vec()
        )
        .await,
        400
    );
    assert_eq!(
        send("GET", "/users/99999999999999999999", "", vec![]).await,
        400
    );
    assert_eq!(send("GET", "/users/99999", "", vec![]).await, 404);
    assert_eq!(send("GET", "/users/-1", "", vec![]).await, 404);
    assert_eq!(
        send("GET", "/personal_access_tokens/none", "", vec![]).await,
        400
    );
    assert_eq!(send("PUT", "/users", "", vec![]).await, 405);
    assert_eq!(send("GET", "/nothing", "", vec![]).await, 404);
    app.close_storage().await;
    assert_eq!(send("GET", "/user", "", vec![]).await, 503);
}

/// A script that wants to act as someone else must not act as its administrator instead.
#[tokio::test]
async fn nobody_acts_as_someone_else() {
    let app = TestApp::start().await;
    app.administrator("root").await;
    app.user("alice").await;
    let root = app.token("root", "api").await;
    for call in [
        ("GET", "/user?sudo=alice"),
        ("DELETE", "/personal_access_tokens/self?sudo=1"),
    ] {
        let reply = app.api(call, &root, Value::Null).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{call:?}");
        assert_eq!(reply.json()["scope"], "sudo");
    }
    let body = serde_json::json!({ "sudo": "alice", "name": "mine" });
    let reply = app.api(("POST", "/projects"), &root, body).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    let request = Request::get("/api/v4/user")
        .header("PRIVATE-TOKEN", root.secret.expose())
        .header("Sudo", "alice");
    let reply = app.send_admin(request.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert_eq!(
        app.api(("GET", "/user"), &root, Value::Null).await.status,
        200
    );
}
