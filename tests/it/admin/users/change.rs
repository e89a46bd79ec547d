//! Changing users.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};

use crate::harness::World;

#[tokio::test]
async fn administrators_change_what_was_chosen() {
    let World { app, root, .. } = World::start().await;
    let alice = app.user_path("alice").await;
    let wanted = json!({
        "name": "Alice A.", "email": "A@Example.org", "admin": true, "external": "True",
        "username": "Alice", "id": 99, "state": "blocked", "created_at": "2001-01-01T00:00:00Z",
    });
    let changed = root.put(&alice, wanted).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    let now = root.read(&alice).await;
    assert_eq!(now, changed.json());
    assert_eq!(
        (
            &now["name"],
            &now["email"],
            &now["is_admin"],
            &now["external"]
        ),
        (
            &json!("Alice A."),
            &json!("a@example.org"),
            &json!(true),
            &json!(true)
        )
    );
    assert_eq!(
        (&now["username"], &now["state"], &now["created_at"]),
        (
            &json!("alice"),
            &json!("active"),
            &json!("2026-03-14T15:09:26.000Z")
        ),
        "what may not be set has no effect"
    );
    let unchanged = root.put(&alice, json!({})).await;
    assert_eq!(unchanged.json(), now, "what is left out stays");
    let own = root.read("/namespaces/alice").await;
    assert_eq!(own["name"], "Alice A.", "it is the user's");
    assert_eq!(root.read("/namespaces?search=Alice%20A").await[0], own);
    let blank = root
        .put(&alice, json!({ "password": "", "external": true }))
        .await;
    assert_eq!(
        blank.told(),
        unchanged.told(),
        "an empty password is not given"
    );
    assert_eq!(app.login("alice").ask(&[]).await.status, StatusCode::OK);
    let without = root.put(&alice, json!({ "email": "" })).await;
    assert_eq!(without.json()["email"], Value::Null);
}

#[tokio::test]
async fn forms_change_users_too() {
    let World { app, root, .. } = World::start().await;
    let alice = app.user_path("alice").await;
    let request = Request::put(format!("/api/v4{alice}"))
        .header("PRIVATE-TOKEN", root.secret())
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from("name=Alice+B.&external=1"));
    let reply = app.send_admin(request.unwrap()).await.json();
    assert_eq!(
        (&reply["name"], &reply["external"]),
        (&json!("Alice B."), &json!(true))
    );
}

#[tokio::test]
async fn a_change_that_cannot_be_says_why_and_changes_nothing() {
    let World { app, root, .. } = World::start().await;
    let alice = app.user_path("alice").await;
    let before = root.read(&alice).await;
    let told = async |body: Value| root.put(&alice, body).await.told();
    insta::assert_snapshot!(told(json!({ "username": "alicia", "name": "x" })).await, @r#"400 {"message":{"username":["does not change: images are kept under it; make another user"]}}"#);
    insta::assert_snapshot!(told(json!({ "email": "root@example.com", "name": "x" })).await, @r#"409 {"message":"Email has already been taken: another user has this address"}"#);
    insta::assert_snapshot!(told(json!({ "email": "x", "name": "x" })).await, @r#"400 {"error":"email is invalid: an e-mail address is written as name@host, without blanks or characters that cannot be seen, in at most 254 bytes"}"#);
    insta::assert_snapshot!(told(json!({ "name": "" })).await, @r#"400 {"message":"400 Bad request - a name is 1 to 255 characters on one line"}"#);
    insta::assert_snapshot!(told(json!({ "password": "Qwertyuiop" })).await, @r#"400 {"message":"400 Bad request - this password is one of the most common ones, which are tried first; choose another"}"#);
    insta::assert_snapshot!(told(json!({ "password": "short", "name": "x" })).await, @r#"400 {"message":"400 Bad request - a password has at least 8 characters"}"#);
    for both in [
        json!({ "password": "ALICE@example.com", "name": "x" }),
        json!({ "password": "New@example.com", "email": "new@example.com" }),
    ] {
        assert_eq!(
            told(both).await,
            r#"400 {"message":"400 Bad request - a password is not the e-mail address, with or without digits; choose another"}"#
        );
    }
    insta::assert_snapshot!(told(json!({ "admin": "perhaps", "name": "x" })).await, @r#"400 {"error":"admin is invalid"}"#);
    // Alone it is meant for a new one, and nobody must believe that the old one is gone.
    insta::assert_snapshot!(told(json!({ "password": "" })).await, @r#"400 {"message":"400 Bad request - the password is empty, and nothing else is to be changed; choose one of at least 8 characters"}"#);
    assert_eq!(root.read(&alice).await, before);
    let nobody = root.put("/users/999", json!({ "name": "x" })).await.told();
    assert_eq!(nobody, r#"404 {"message":"404 User Not Found"}"#);
}

/// Harbor CVE-2019-16097: a field that only administrators may set was taken from anybody.
#[tokio::test]
async fn nobody_makes_themselves_an_administrator() {
    let World { app, root, alice } = World::start().await;
    let own = app.user_path("alice").await;
    let wanted = json!({ "admin": true, "is_admin": true });
    assert_eq!(
        alice.put(&own, wanted.clone()).await.told(),
        r#"403 {"message":"403 Forbidden"}"#
    );
    for path in ["/user", "/users"] {
        for method in ["PUT", "POST", "PATCH"] {
            let status = alice.call(method, path, wanted.clone()).await.status;
            assert!(status.is_client_error(), "{method} {path}: {status}");
        }
    }
    assert_eq!(root.read(&own).await["is_admin"], false);
}
