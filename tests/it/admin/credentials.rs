//! What callers are told about their credentials, in GitLab's words.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};

use crate::harness::{Caller, PASSWORD, TestApp, basic};

#[tokio::test]
async fn each_failure_has_gitlabs_status_and_body() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.user("bob").await;
    let told = async |caller: &Caller| caller.get("/personal_access_tokens").await.told();
    insta::assert_snapshot!(told(&app.anonymous()).await, @r#"401 {"message":"401 Unauthorized"}"#);
    insta::assert_snapshot!(told(&app.with("nonsense")).await, @r#"401 {"message":"401 Unauthorized"}"#);
    let revoked = app.actor("alice", "api").await;
    app.revoke(&revoked).await;
    insta::assert_snapshot!(told(&revoked).await, @r#"401 {"error":"invalid_token","error_description":"Token was revoked. Make a new one."}"#);
    let narrow = app.actor("alice", "read_user").await;
    insta::assert_snapshot!(told(&narrow).await, @r#"403 {"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api read_api"}"#);
    let blocked = app.actor("bob", "api").await;
    app.block("bob").await;
    insta::assert_snapshot!(told(&blocked).await, @r#"403 {"message":"403 Forbidden - Your account has been blocked."}"#);
}

#[tokio::test]
async fn passwords_and_registry_tokens_open_nothing_here() {
    let app = TestApp::start().await;
    app.administrator("root").await;
    let jwt = app.login("root").ask(&[]).await.registry_token();
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
async fn two_tokens_in_one_request_are_refused() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.user("bob").await;
    let (alice, bob) = (
        app.actor("alice", "api").await,
        app.actor("bob", "api").await,
    );
    let (alice, bob) = (alice.secret(), bob.secret());
    let bearer = format!("Bearer {bob}");
    let (private, authorization) = (("private-token", alice), ("authorization", &*bearer));
    let query = format!("?private_token={alice}");
    let both = format!("?private_token={alice}&access_token={bob}");
    let twice = format!("?private_token={alice}&private_token={alice}");
    let alices = format!("Bearer {alice}");
    let same = ("authorization", &*alices);
    let send = async |query: &str, headers: &[(&str, &str)], body: String| {
        let mut request = Request::get(format!("/api/v4/user{query}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.header(header::CONTENT_TYPE, "application/json");
        app.send_admin(request.body(body.into()).unwrap()).await
    };
    let in_body = json!({ "private_token": bob }).to_string();
    for (query, headers, body) in [
        ("", &[private, authorization][..], ""),
        ("", &[private, same, authorization], ""),
        ("", &[same, authorization], ""),
        (&query, &[authorization], ""),
        (&query, &[], &in_body),
        ("", &[private], &in_body),
        (&both, &[], ""),
        ("?private_token=wrong", &[private], ""),
    ] {
        let reply = send(query, headers, body.to_owned()).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(reply.told(), @r#"400 {"error":"two tokens are one too many: send one, in PRIVATE-TOKEN, Authorization, private_token or access_token"}"#);
        }
    }
    // gitlabform sends its token in two headers.
    for (query, headers) in [
        ("", &[private, same][..]),
        ("", &[private, private]),
        (&query, &[private]),
        (&twice, &[same]),
    ] {
        let reply = send(query, headers, String::new()).await;
        assert_eq!(reply.status, StatusCode::OK, "one token twice is one token");
    }
    let proxys = ("authorization", &*basic("proxy", "secret"));
    let reply = send("", &[private, proxys], String::new()).await;
    assert_eq!(reply.status, StatusCode::OK, "Basic is for a proxy");
}

#[tokio::test]
async fn a_token_comes_in_each_of_gitlabs_ways_and_an_empty_one_is_none() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.user("bob").await;
    let (alice, bob) = (
        app.actor("alice", "api").await,
        app.actor("bob", "api").await,
    );
    let (alice, bob) = (alice.secret(), bob.secret());
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
    assert_eq!(who("", &[("authorization", &bearer)]).await, is("bob"));
    assert_eq!(who("", &[("private-token", alice)]).await, is("alice"));
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
    let root = app.actor("root", "api").await;
    let path = app.user_path("root").await;
    for (length, status) in [(64 * 1024, 200), (64 * 1024 + 1, 413)] {
        let empty = json!({ "ignored": "" }).to_string().len();
        let body = json!({ "ignored": "x".repeat(length - empty) });
        let reply = root.put(&path, body).await;
        assert_eq!(reply.status, status, "{length}: {}", reply.body);
    }
}

#[tokio::test]
async fn odd_bodies_are_a_4xx_with_a_body() {
    let app = TestApp::start().await;
    app.administrator("root").await;
    let root = app.actor("root", "api").await;
    let send = async |kind: &str, body: &[u8]| {
        let request = Request::post("/api/v4/users")
            .header("PRIVATE-TOKEN", root.secret())
            .header(header::CONTENT_TYPE, kind)
            .body(Body::from(body.to_vec()));
        let reply = app.send_admin(request.unwrap()).await;
        assert!(reply.json().is_object(), "{}", reply.body);
        reply.status.as_u16()
    };
    assert_eq!(send("application/json", b"{").await, 400);
    assert_eq!(send("application/json", b"[1]").await, 400);
    assert_eq!(send("application/json", &[0xFF; 10]).await, 400);
    assert_eq!(send("text/plain", b"username=x").await, 415);
    assert_eq!(send("application/json", &vec![b' '; 65 * 1024]).await, 413);
    let object = br#"{"username":{"a":1}}"#;
    assert_eq!(send("application/json", object).await, 400);
    let null = br#"{"username":"a\u0000b"}"#;
    assert_eq!(send("application/json", null).await, 400);
}

#[tokio::test]
async fn odd_paths_are_a_4xx_with_a_body_and_lost_storage_a_503() {
    let app = TestApp::start().await;
    app.administrator("root").await;
    let root = app.actor("root", "api").await;
    let send = async |method: &str, path: &str| {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v4{path}"))
            .header("PRIVATE-TOKEN", root.secret())
            .header(header::CONTENT_TYPE, "");
        let reply = app.send_admin(request.body(Body::empty()).unwrap()).await;
        assert!(reply.json().is_object(), "{}", reply.body);
        reply.status.as_u16()
    };
    assert_eq!(send("GET", "/users/99999999999999999999").await, 400);
    assert_eq!(send("GET", "/users/99999").await, 404);
    assert_eq!(send("GET", "/users/-1").await, 404);
    assert_eq!(send("GET", "/personal_access_tokens/none").await, 400);
    assert_eq!(send("PUT", "/users").await, 405);
    assert_eq!(send("GET", "/nothing").await, 404);
    app.close_storage().await;
    assert_eq!(send("GET", "/user").await, 503);
}

/// A script that wants to act as someone else must not act as its administrator instead.
#[tokio::test]
async fn nobody_acts_as_someone_else() {
    let app = TestApp::start().await;
    app.administrator("root").await;
    app.user("alice").await;
    let root = app.actor("root", "api").await;
    for (method, path) in [
        ("GET", "/user?sudo=alice"),
        ("DELETE", "/personal_access_tokens/self?sudo=1"),
    ] {
        let reply = root.call(method, path, Value::Null).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{method} {path}");
        assert_eq!(reply.json()["scope"], "sudo");
    }
    let body = json!({ "sudo": "alice", "name": "mine" });
    let reply = root.post("/projects", body).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    let request = Request::get("/api/v4/user")
        .header("PRIVATE-TOKEN", root.secret())
        .header("Sudo", "alice");
    let reply = app.send_admin(request.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert_eq!(root.get("/user").await.status, 200);
}
