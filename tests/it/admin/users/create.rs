//! Making users.

use axum::http::StatusCode;
use serde_json::{Value, json};
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{PASSWORD, World};

#[tokio::test]
async fn administrators_make_block_and_unblock_users() {
    let World { app, root, .. } = World::start().await;
    let body = json!({
        "username": "Bob", "name": "Bob B.", "email": "Bob@Example.com", "password": PASSWORD,
        "id": 77, "state": "blocked",
    });
    let made = root.post("/users", body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let bob = made.json();
    assert_eq!(
        (&bob["username"], &bob["email"], &bob["state"]),
        (&json!("bob"), &json!("bob@example.com"), &json!("active"))
    );
    assert_ne!(bob["id"], 77, "what a caller may not set has no effect");
    let logs_in = async || app.login("bob").ask(&[]).await.status;
    assert_eq!(logs_in().await, StatusCode::OK);
    let path = app.user_path("bob").await;
    let blocked = root.post(&format!("{path}/block"), json!({})).await;
    assert_eq!(
        (blocked.status, blocked.body.as_str()),
        (StatusCode::CREATED, "true")
    );
    assert_eq!(logs_in().await, StatusCode::UNAUTHORIZED);
    root.post(&format!("{path}/unblock"), json!({})).await;
    assert_eq!(logs_in().await, StatusCode::OK);
}

/// The provider sends every field, also an empty password, and plans a change where it reads another value than it sent.
#[tokio::test]
async fn terraform_makes_a_user_without_a_password_and_plans_no_change() {
    let World { app, root, .. } = World::start().await;
    for (username, is_admin) in [("bob", false), ("boss", true)] {
        let body = json!({
            "username": username, "name": "Bob B.", "email": format!("{username}@example.com"), "password": "",
            "reset_password": true, "skip_confirmation": true, "admin": is_admin, "external": false,
            "can_create_group": false, "projects_limit": 0, "note": "",
        });
        let made = root.post("/users", body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        let read = root.read(&app.user_path(username).await).await;
        let of = |field: &str| read[field].clone();
        let fields = [
            "is_admin",
            "external",
            "can_create_group",
            "projects_limit",
            "note",
            "state",
        ];
        assert_eq!(
            Value::from(fields.map(of).to_vec()),
            json!([is_admin, false, false, 0, "", "active"])
        );
        let login = app.login(username).ask(&[]).await;
        assert_eq!(login.status, StatusCode::UNAUTHORIZED, "no password works");
    }
}

#[tokio::test]
async fn what_cannot_be_made_says_why() {
    let World { root, .. } = World::start().await;
    let told = async |body: Value| root.post("/users", body).await.told();
    insta::assert_snapshot!(told(json!({})).await, @r#"400 {"error":"username is missing"}"#);
    insta::assert_snapshot!(told(json!({ "username": "a b" })).await, @r#"400 {"error":"username is invalid: a user name is 1 to 255 letters and digits, with `.`, `_`, `__` or `-` between them"}"#);
    insta::assert_snapshot!(told(json!({ "username": "x", "email": "x" })).await, @r#"400 {"error":"email is invalid: an e-mail address is written as name@host, without blanks or characters that cannot be seen, in at most 254 bytes"}"#);
    insta::assert_snapshot!(told(json!({ "username": "x", "password": "12345678" })).await, @r#"400 {"message":"400 Bad request - this password is one of the most common ones, which are tried first; choose another"}"#);
    insta::assert_snapshot!(told(json!({ "username": "alexandra", "password": "alexandra1" })).await, @r#"400 {"message":"400 Bad request - a password is not the user name, with or without digits; choose another"}"#);
    insta::assert_snapshot!(told(json!({ "username": "x", "email": "alex@example.com", "password": "Alex@Example.com" })).await, @r#"400 {"message":"400 Bad request - a password is not the e-mail address, with or without digits; choose another"}"#);
    insta::assert_snapshot!(told(json!({ "username": "x", "password": "whf_rt_ at night" })).await, @r#"400 {"message":"400 Bad request - a password does not begin with whf_pat_, whf_dpt_ or whf_rt_, as tokens do: it would be taken for a broken one; choose another beginning"}"#);
    insta::assert_snapshot!(told(json!({ "username": "x", "password": "short" })).await, @r#"400 {"message":"400 Bad request - a password has at least 8 characters"}"#);
    for name in ["x".repeat(256), "two\nlines".to_owned()] {
        let reply = told(json!({ "username": "x", "name": name })).await;
        assert_eq!(
            reply,
            r#"400 {"message":"400 Bad request - a name is 1 to 255 characters on one line"}"#
        );
    }
    insta::assert_snapshot!(told(json!({ "username": "Alice" })).await, @r#"409 {"message":"Username has already been taken: user names and top-level groups, also deleted ones, share one name space"}"#);
    insta::assert_snapshot!(told(json!({ "username": "x", "email": "ALICE@example.com" })).await, @r#"409 {"message":"Email has already been taken: another user has this address"}"#);
}

/// Images of a group that was deleted are nobody's own.
#[tokio::test]
async fn a_deleted_groups_name_is_never_a_users() {
    let World { app, root, .. } = World::start().await;
    app.group("crew", Visibility::Private).await;
    root.delete("/groups/crew").await;
    let crew = root.post("/users", json!({ "username": "crew" })).await;
    assert_eq!(crew.status, StatusCode::CONFLICT, "{}", crew.body);
}
