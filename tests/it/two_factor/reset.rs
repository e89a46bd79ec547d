//! Administrators turn it off for those who lost their device.

use serde_json::{Value, json};
use wharfinger::app::users::UserChange;
use wharfinger::domain::authority::Authority;

use super::{CONFIRM, PATH, set_up, shown};
use crate::harness::{PASSWORD, TestApp, World, named};

const OTHER: &str = "what the thief has chosen";

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
async fn a_stolen_token_of_an_administrator_takes_no_administrator_over() {
    let World { app, root, .. } = World::start().await;
    app.administrator("boss").await;
    let boss = app.actor("boss", "api").await;
    set_up(&app, &root).await;
    let path = app.user_path("root").await;
    for thief in [&root, &boss] {
        for wanted in [
            json!({ "password": OTHER }),
            json!({ "admin": false }),
            json!({ "admin": false, "password": OTHER, "name": "Root" }),
        ] {
            let reply = thief.put(&path, wanted).await;
            assert_eq!(
                reply.told(),
                r#"403 {"message":"403 Forbidden - an administrator with two-factor authentication chooses their password on their profile page, and is demoted with `wharfinger user`"}"#
            );
        }
    }
    let other = root
        .call("DELETE", PATH, json!({ "password": OTHER }))
        .await;
    assert_eq!(other.status, 403);
    let renamed = root
        .put(&path, json!({ "name": "Root", "admin": true }))
        .await;
    assert_eq!(renamed.status, 200, "{}", renamed.body);
    assert_eq!(root.read("/user").await["two_factor_enabled"], true);

    let (operator, root_user) = (Authority::operator(), named("root"));
    let new = secrecy::SecretString::from(OTHER).try_into().unwrap();
    app.desk
        .reset_password(&operator, &root_user, new)
        .await
        .unwrap();
    let demotion = UserChange {
        admin: Some(false),
        ..UserChange::default()
    };
    let demoted = app.desk.change_user(&operator, &root_user, demotion).await;
    assert!(!demoted.unwrap().user().admin, "the command line may");
}

#[tokio::test]
async fn a_password_that_somebody_else_made_is_no_proof() {
    let World { app, root, alice } = World::start().await;
    set_up(&app, &alice).await;
    let path = app.user_path("alice").await;
    let reply = root.put(&path, json!({ "password": OTHER })).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    for (password, problem) in [
        (
            OTHER,
            "somebody else made this password: choose one of your own on your profile page first, or show a code",
        ),
        (PASSWORD, "the password is wrong"),
    ] {
        let reply = alice
            .call("DELETE", PATH, json!({ "password": password }))
            .await;
        let told = format!(r#"403 {{"message":"403 Forbidden - {problem}"}}"#);
        assert_eq!(reply.told(), told);
    }
    assert_eq!(alice.read("/user").await["two_factor_enabled"], true);
}

#[tokio::test]
async fn a_set_up_that_was_only_begun_is_ended_too() {
    let World { app, root, alice } = World::start().await;
    let begun = alice.post(PATH, Value::Null).await.json();
    let path = path(&app, "alice").await;
    assert_eq!(root.patch(&path, Value::Null).await.told(), "204");
    assert_eq!(
        app.last_audited().await,
        "root user.two_factor_reset alice a set-up that was not confirmed"
    );
    let code = shown(begun["secret"].as_str().unwrap(), app.now());
    let reply = alice.post(CONFIRM, json!({ "code": code })).await;
    assert_eq!(reply.status, 400, "{}", reply.body);
    assert_eq!(root.patch(&path, Value::Null).await.status, 400);
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
