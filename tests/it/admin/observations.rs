//! Sign-ins and refusals in the audit log: one of a kind in an hour, and never as many as an attacker wants.

use chrono::Duration;
use sea_orm::{ConnectionTrait, Database};
use serde_json::Value;
use tempfile::TempDir;
use wharfinger::domain::expiry::Expiry;
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{Actor, TestApp, World};

const AUTH: &str = "/jwt/auth?service=container_registry";

/// The events of that name, after what waits was written.
async fn events(app: &TestApp, reader: &Actor, action: &str) -> Vec<Value> {
    app.service.observations.write().await.unwrap();
    let path = format!("/audit_events?action={action}&per_page=100");
    let list = reader.read(&path).await;
    list.as_array().unwrap().clone()
}

#[tokio::test]
async fn a_sign_in_by_password_is_an_event_once_an_hour_from_each_address() {
    let World { app, root, .. } = World::start().await;
    app.user("dora").await;
    for address in ["203.0.113.7", "203.0.113.7", "203.0.113.8"] {
        app.login("dora").at(address).ask_at(AUTH).await;
    }
    let seen = events(&app, &root, "user.signed_in").await;
    assert_eq!(seen.len(), 2);
    let (event, dora) = (&seen[1], app.id_of("dora").await);
    assert_eq!(
        (&event["author_id"], &event["entity_id"]),
        (&dora.into(), &dora.into())
    );
    assert_eq!(event["details"]["author_name"], "dora");
    assert_eq!(event["details"]["ip_address"], "203.0.113.7");
    assert_eq!(event["details"]["face"], "registry");
    app.clock.advance(Duration::hours(1));
    app.login("dora").at("203.0.113.7").ask_at(AUTH).await;
    assert_eq!(events(&app, &root, "user.signed_in").await.len(), 3);
}

#[tokio::test]
async fn a_refusal_of_somebody_known_names_them_and_the_cause() {
    let World { app, root, .. } = World::start().await;
    app.user("dora").await;
    app.caller("dora", "wrong").ask_at(AUTH).await;
    app.caller("dora@example.com", "wrong too")
        .ask_at(AUTH)
        .await;
    app.caller("nobody", "wrong").ask_at(AUTH).await;
    let seen = events(&app, &root, "user.sign_in_refused").await;
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!(seen[0]["entity_id"], app.id_of("dora").await);
    assert_eq!(seen[0]["details"]["author_name"], "(service)");
    assert_eq!(seen[0]["details"]["values"]["cause"], "wrong_password");
    assert!(!serde_json::to_string(&seen).unwrap().contains("wrong too"));
}

#[tokio::test]
async fn tokens_that_ended_are_told_when_somebody_presents_them() {
    let World { app, root, .. } = World::start().await;
    app.user("dora").await;
    app.project("team/app", Visibility::Private).await;
    let end = Expiry::on(app.now().date_naive() + Duration::days(1));
    let expired = app
        .actor_with("dora", "api", |token| token.expiring(Some(end)))
        .await;
    let revoked = app.actor("dora", "read_registry").await;
    app.revoke(&revoked).await;
    revoked.ask_at(AUTH).await;
    let machine = app.machine("team/app", "read_registry").await;
    app.caller("another-name", machine.secret())
        .ask_at(AUTH)
        .await;
    app.clock.advance(Duration::days(2));
    assert_eq!(expired.get("/user").await.status, 401);
    let root = app.again(&root);
    let seen = events(&app, &root, "access_token.refused").await;
    let causes: Vec<&Value> = seen
        .iter()
        .map(|event| &event["details"]["values"]["cause"])
        .collect();
    assert_eq!(causes, ["expired_token", "revoked_token"]);
    assert_eq!(seen[0]["details"]["face"], "api");
    let seen = events(&app, &root, "deploy_token.refused").await;
    assert_eq!(seen[0]["details"]["values"]["cause"], "other_username");
    assert_eq!(seen[0]["details"]["entity_path"], "team/app");
}

#[tokio::test]
async fn an_attacker_fills_no_disk() {
    let World { app, root, .. } = World::start().await;
    let names: Vec<String> = (0..6).map(|number| format!("user{number}")).collect();
    for name in &names {
        app.create_user(name, false, None).await;
    }
    for network in 0..10 {
        for name in &names {
            let caller = app.caller(name, "wrong").at(&format!("198.51.{network}.1"));
            assert_eq!(caller.ask_at(AUTH).await.status, 401);
        }
    }
    app.login("root").at("203.0.113.9").ask_at(AUTH).await;
    assert_eq!(events(&app, &root, "user.sign_in_refused").await.len(), 20);
    let signed_in = events(&app, &root, "user.signed_in").await;
    assert_eq!(signed_in.len(), 1, "refusals take no room from sign-ins");
    app.clock.advance(Duration::minutes(1));
    app.caller("user0", "wrong")
        .at("198.51.99.1")
        .ask_at(AUTH)
        .await;
    assert_eq!(events(&app, &root, "user.sign_in_refused").await.len(), 21);
}

#[tokio::test]
async fn refusals_of_some_hide_none_of_others() {
    let World { app, root, .. } = World::start().await;
    let names = ["user0", "user1", "user2", "user3"];
    for name in names {
        app.user(name).await;
        let token = app.actor(name, "read_registry").await;
        app.revoke(&token).await;
        for network in 0..10 {
            let address = format!("198.51.{network}.1");
            let login = app.caller(name, "wrong").at(&address);
            assert_eq!(login.ask_at(AUTH).await.status, 401);
            assert_eq!(token.at(&address).ask_at(AUTH).await.status, 401);
        }
    }
    app.user("dora").await;
    let stolen = app.actor("dora", "read_registry").await;
    app.revoke(&stolen).await;
    for _ in 0..2 {
        app.caller("dora", "wrong").ask_at(AUTH).await;
        stolen.ask_at(AUTH).await;
    }
    for action in ["user.sign_in_refused", "access_token.refused"] {
        let seen = events(&app, &root, action).await;
        assert_eq!(seen.len(), 21, "{action}");
        assert_eq!(seen[0]["entity_id"], app.id_of("dora").await, "{action}");
    }
}

#[tokio::test]
async fn a_login_that_wants_refresh_tokens_is_an_event_once_an_hour_from_each_address() {
    let World { app, root, .. } = World::start().await;
    app.user("dora").await;
    let path = format!("{AUTH}&offline_token=true");
    for address in ["203.0.113.7", "203.0.113.7", "203.0.113.8", "203.0.113.7"] {
        let reply = app.login("dora").at(address).ask_at(&path).await;
        assert!(reply.json()["refresh_token"].is_string(), "{}", reply.body);
    }
    let seen = events(&app, &root, "refresh_token.created").await;
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert_eq!(seen[0]["entity_id"], app.id_of("dora").await);
    app.clock.advance(Duration::hours(1));
    app.login("dora").at("203.0.113.7").ask_at(&path).await;
    assert_eq!(events(&app, &root, "refresh_token.created").await.len(), 3);
}

#[tokio::test]
async fn what_storage_does_not_take_waits() {
    let World { app, root, .. } = World::start().await;
    app.login("root").ask_at(AUTH).await;
    let held = app.hold_changes().await;
    assert!(app.service.observations.write().await.is_err());
    drop(held);
    assert_eq!(events(&app, &root, "user.signed_in").await.len(), 1);
}

/// An event that is longer than its column was once; a file has no such bounds, so a trigger refuses it.
#[tokio::test]
async fn what_storage_refuses_for_ever_is_lost_alone() {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}/refuses.db?mode=rwc", folder.path().display());
    let app = Box::pin(TestApp::on(&url.as_str().into(), |_| {})).await;
    app.administrator("root").await;
    let root = app.actor("root", "api").await;
    for name in ["bad", "dora", "erin"] {
        app.user(name).await;
    }
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON events WHEN NEW.subject_name = 'bad' \
        BEGIN SELECT RAISE(ABORT, 'too long'); END";
    let rows = Database::connect(url).await.unwrap();
    rows.execute_unprepared(refuse).await.unwrap();
    for name in ["dora", "bad", "erin"] {
        app.login(name).ask_at(AUTH).await;
        assert_eq!(app.service.observations.lost(), 0, "they wait");
    }
    let seen = events(&app, &root, "user.signed_in").await;
    let names: Vec<_> = seen
        .iter()
        .map(|event| event["details"]["author_name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["erin", "dora"]);
    assert_eq!(app.service.observations.lost(), 1);
    app.login("root").ask_at(AUTH).await;
    assert_eq!(events(&app, &root, "user.signed_in").await.len(), 3);
    assert_eq!(app.service.observations.lost(), 1, "and once");
}

#[tokio::test]
async fn the_use_of_a_token_from_a_new_address_is_told() {
    let World { app, root, .. } = World::start().await;
    app.user("dora").await;
    let dora = app.actor("dora", "read_registry").await;
    for address in ["203.0.113.7", "203.0.113.7", "2001:db8::1", "2001:db8::2"] {
        dora.at(address).ask_at(AUTH).await;
        app.usage.write_all().await.unwrap();
        app.clock.advance(Duration::minutes(1));
    }
    let seen = events(&app, &root, "access_token.used_from_new_address").await;
    assert_eq!(
        seen.len(),
        1,
        "the first address is no news, and a /64 is one"
    );
    assert_eq!(seen[0]["details"]["ip_address"], "2001:db8::1");
    assert_eq!(seen[0]["details"]["target_details"], "test");
    assert_eq!(seen[0]["entity_id"], app.id_of("dora").await);
}
