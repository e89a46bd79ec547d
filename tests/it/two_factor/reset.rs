//! Administrators turn it off for those who lost their device.

use serde_json::Value;

use super::set_up;
use crate::harness::{TestApp, World};

async fn path(app: &TestApp, user: &str) -> String {
    format!("{}/disable_two_factor", app.user_path(user).await)
}

#[tokio::test]
async fn an_administrator_resets_a_user() {
    let World { app, root, alice } = World::start().await;
    let device = set_up(&app, &alice).await;
    let path = path(&app, "alice").await;
    let reply = alice.patch(&path, Value::Null).await;
    assert_eq!(reply.told(), r#"403 {"message":"403 Forbidden"}"#);
    assert_eq!(root.patch(&path, Value::Null).await.told(), "204");
    assert_eq!(app.last_audited().await, "root user.two_factor_reset alice");
    assert!(app.login("alice").works().await);
    let again = root.patch(&path, Value::Null).await;
    assert_eq!(
        again.told(),
        r#"400 {"message":"400 Bad request - two-factor authentication is not enabled for this user"}"#
    );
    let unknown = root
        .patch("/users/4711/disable_two_factor", Value::Null)
        .await;
    assert_eq!(unknown.told(), r#"404 {"message":"404 User Not Found"}"#);
    let new = set_up(&app, &alice).await;
    assert_ne!(new.secret, device.secret);
}

#[tokio::test]
async fn an_administrators_is_not_taken_away_with_a_token() {
    let World { app, root, alice } = World::start().await;
    app.administrator("boss").await;
    let boss = app.actor("boss", "api").await;
    set_up(&app, &root).await;
    let path = path(&app, "root").await;
    for (who, expected) in [
        (&boss, "403 Forbidden - the two-factor"),
        (&root, "403 Forbidden - the two-factor"),
        (&alice, "403 Forbidden"),
    ] {
        let reply = who.patch(&path, Value::Null).await;
        assert_eq!(reply.status, 403);
        let message = reply.json()["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with(expected), "{message}");
    }
    assert_eq!(root.read("/user").await["two_factor_enabled"], true);
}

#[tokio::test]
async fn administrators_find_who_has_it() {
    let World { app, root, alice } = World::start().await;
    set_up(&app, &alice).await;
    let found = async |filter: &str| {
        let path = format!("/users?two_factor={filter}");
        root.found(&path, "username").await
    };
    assert_eq!(found("enabled").await, "alice");
    assert_eq!(found("disabled").await, "root");
    assert_eq!(root.get("/users?two_factor=maybe").await.status, 400);
    let refused = alice.get("/users?two_factor=disabled").await;
    assert_eq!(refused.told(), r#"403 {"message":"403 Forbidden"}"#);
    let seen = alice.read("/users").await;
    assert!(seen[0].get("two_factor_enabled").is_none());
    let path = app.user_path("alice").await;
    assert_eq!(root.read(&path).await["two_factor_enabled"], true);
}

#[tokio::test]
async fn a_deleted_user_leaves_no_second_factor_behind() {
    let World { app, root, alice } = World::start().await;
    set_up(&app, &alice).await;
    let path = app.user_path("alice").await;
    assert_eq!(root.delete(&path).await.status, 204);
}
