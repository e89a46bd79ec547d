//! Users.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::harness::{PASSWORD, TestApp, Token};

async fn start() -> (TestApp, Token, Token) {
    let app = TestApp::start().await;
    app.administrator("root").await;
    app.user("alice").await;
    let (root, alice) = (
        app.token("root", "api").await,
        app.token("alice", "api").await,
    );
    (app, root, alice)
}

#[tokio::test]
async fn the_current_user_sees_everything_about_themselves() {
    let (app, _, alice) = start().await;
    let reply = app.api(("GET", "/user"), &alice, Value::Null).await;
    insta::assert_snapshot!(reply.body, @r#"{"id":2,"username":"alice","name":"alice","state":"active","avatar_url":null,"web_url":"http://localhost:5002/alice","created_at":"2026-03-14T15:09:26.000Z","confirmed_at":"2026-03-14T15:09:26.000Z","email":"alice@example.com","commit_email":"alice@example.com","is_admin":false,"external":false,"namespace_id":2,"bio":"","note":"","last_sign_in_at":null,"last_activity_on":null,"identities":[],"can_create_group":false,"can_create_project":true,"projects_limit":0,"two_factor_enabled":false,"private_profile":false,"theme_id":1,"color_scheme_id":1}"#);
}

#[tokio::test]
async fn others_see_names_and_administrators_all() {
    let (app, root, alice) = start().await;
    let path = format!("/users/{}", app.id_of("root").await);
    let seen = app.api(("GET", &path), &alice, Value::Null).await;
    insta::assert_snapshot!(seen.body, @r#"{"id":1,"username":"root","name":"root","state":"active","avatar_url":null,"web_url":"http://localhost:5002/root"}"#);
    let list = app
        .api(("GET", "/users?username=ALICE"), &alice, Value::Null)
        .await
        .json();
    assert_eq!(
        (list.as_array().unwrap().len(), list[0].get("email")),
        (1, None)
    );
    let list = app.api(("GET", "/users"), &root, Value::Null).await.json();
    assert_eq!(list[1]["email"], "alice@example.com");
}

#[tokio::test]
async fn users_are_found_by_filters() {
    let (app, root, _) = start().await;
    app.api(
        ("POST", "/users"),
        &root,
        json!({ "username": "guest", "external": true, "name": "Zoë" }),
    )
    .await;
    let id = app.id_of("guest").await;
    assert_eq!(
        app.api(("POST", &format!("/users/{id}/block")), &root, json!({}))
            .await
            .body,
        "true"
    );
    let names = async |query: &str| {
        let reply = app
            .api(("GET", &format!("/users?{query}")), &root, Value::Null)
            .await;
        let names: Vec<_> = reply
            .json()
            .as_array()
            .unwrap()
            .iter()
            .map(|user| user["username"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(reply.header("x-total"), names.len().to_string());
        names.join(" ")
    };
    assert_eq!(names("").await, "root alice guest");
    assert_eq!(names("active=true").await, "root alice");
    assert_eq!(names("blocked=True").await, "guest");
    assert_eq!(names("active=true&blocked=true").await, "");
    assert_eq!(names("external=true").await, "guest");
    assert_eq!(names("admins=true").await, "root");
    assert_eq!(names("search=EXAMPLE.com").await, "root alice");
    assert_eq!(names("search=zo").await, "guest");
    assert_eq!(names("username=no%20name").await, "");
    // What python-gitlab knows besides; ignored, these would find whom they exclude.
    assert_eq!(names("exclude_active=True").await, "guest");
    assert_eq!(names("exclude_active=True&active=True").await, "");
    assert_eq!(names("exclude_external=True").await, "root alice");
    assert_eq!(names("exclude_external=True&external=True").await, "");
    assert_eq!(names("exclude_humans=True").await, "");
    assert_eq!(names("auditors=True").await, "");
}

#[tokio::test]
async fn a_name_is_found_as_it_is_written() {
    let (app, root, _) = start().await;
    for (username, name) in [("aerger", "Ärger Émile"), ("zoe", "zoë")] {
        let body = json!({ "username": username, "name": name });
        app.api(("POST", "/users"), &root, body).await;
    }
    // Upper-case letters beyond ASCII, which SQLite does not turn into lower-case ones.
    for (text, found) in [
        ("Ärger", "aerger"),
        ("ÄRGER É", "aerger"),
        ("zoë", "zoe"),
        ("ZOË", "zoe"),
    ] {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("search", text)
            .finish();
        let users = app.read(&format!("/users?{query}"), &root).await;
        assert_eq!(users[0]["username"], found, "{text}");
    }
}

/// A filter must not tell what the answer hides (docs/gitlab-api.md §2.4: others than administrators get the basic keys).
#[tokio::test]
async fn filters_tell_nobody_what_they_do_not_see() {
    let (app, root, alice) = start().await;
    let body = json!({ "username": "guest", "external": true });
    app.api(("POST", "/users"), &root, body).await;
    for query in [
        "admins=true",
        "created_before=2020-01-01",
        "created_after=2099-01-01",
    ] {
        let users = app.read(&format!("/users?{query}"), &alice).await;
        assert_eq!(users.as_array().unwrap().len(), 3, "{query}");
        let users = app.read(&format!("/users?{query}"), &root).await;
        assert!(users.as_array().unwrap().len() < 3, "{query}");
    }
    let refused = app
        .told(("GET", "/users?external=true"), &alice, Value::Null)
        .await;
    assert_eq!(refused, r#"403 {"message":"403 Forbidden"}"#);
}

#[tokio::test]
async fn administrators_make_block_and_unblock_users() {
    let (app, root, _) = start().await;
    let body = json!({ "username": "Bob", "name": "Bob B.", "email": "Bob@Example.com", "password": PASSWORD, "id": 77, "state": "blocked" });
    let made = app.api(("POST", "/users"), &root, body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let bob = made.json();
    assert_eq!(
        (&bob["username"], &bob["email"], &bob["state"]),
        (&json!("bob"), &json!("bob@example.com"), &json!("active"))
    );
    assert_ne!(bob["id"], 77, "what a caller may not set has no effect");
    let logs_in = async || app.ask(Some(("bob", PASSWORD)), &[]).await.status;
    assert_eq!(logs_in().await, StatusCode::OK);
    let blocked = app
        .api(
            ("POST", &format!("/users/{}/block", bob["id"])),
            &root,
            json!({}),
        )
        .await;
    assert_eq!(
        (blocked.status, blocked.body.as_str()),
        (StatusCode::CREATED, "true")
    );
    assert_eq!(logs_in().await, StatusCode::UNAUTHORIZED);
    app.api(
        ("POST", &format!("/users/{}/unblock", bob["id"])),
        &root,
        json!({}),
    )
    .await;
    assert_eq!(logs_in().await, StatusCode::OK);
}

#[tokio::test]
async fn what_cannot_be_made_says_why() {
    let (app, root, _) = start().await;
    let told = async |body: Value| {
        let reply = app.api(("POST", "/users"), &root, body).await;
        format!("{} {}", reply.status.as_u16(), reply.body)
    };
    insta::assert_snapshot!(told(json!({})).await, @r#"400 {"error":"username is missing"}"#);
    insta::assert_snapshot!(told(json!({ "username": "a b" })).await, @r#"400 {"error":"username is invalid"}"#);
    insta::assert_snapshot!(told(json!({ "username": "x", "email": "x" })).await, @r#"400 {"error":"email is invalid"}"#);
    insta::assert_snapshot!(told(json!({ "username": "x", "password": "short" })).await, @r#"400 {"message":"400 Bad request - a password has at least 8 characters"}"#);
    for name in ["x".repeat(256), "two\nlines".to_owned()] {
        let reply = told(json!({ "username": "x", "name": name })).await;
        assert_eq!(
            reply,
            r#"400 {"message":"400 Bad request - a name is 1 to 255 characters on one line"}"#
        );
    }
    insta::assert_snapshot!(told(json!({ "username": "Alice" })).await, @r#"409 {"message":"`alice` is taken: user names and top-level groups, also deleted ones, share one name space"}"#);
    insta::assert_snapshot!(told(json!({ "username": "x", "email": "ALICE@example.com" })).await, @r#"409 {"message":"`alice@example.com` is taken: another user has this address"}"#);
    let path = format!("/users/{}/block", app.id_of("root").await);
    let last = app.api(("POST", &path), &root, json!({})).await;
    insta::assert_snapshot!(last.body, @r#"{"message":"400 Bad request - the last administrator cannot be blocked"}"#);
}

#[tokio::test]
async fn the_version_is_told_to_users() {
    let (app, _, alice) = start().await;
    let version = app
        .api(("GET", "/version"), &alice, Value::Null)
        .await
        .json();
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
    let metadata = app.read("/metadata", &alice).await;
    assert_eq!(metadata["version"], version["version"]);
    assert_eq!(
        (&metadata["enterprise"], &metadata["kas"]["enabled"]),
        (&json!(false), &json!(false))
    );
}
