//! The events that changes leave: who, what, before and after, from where; and what copies must drop.

use serde_json::{Value, json};
use wharfinger::domain::events::subject::Touched;
use wharfinger::domain::expiry::Expiry;
use wharfinger::domain::ids::{AccessTokenId, DeployTokenId, UserId};
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{TestApp, World};

/// The details of the last event.
async fn detail(app: &TestApp) -> Value {
    app.last_event().await.detail.unwrap()
}

/// What the last change touched.
async fn touched(app: &TestApp) -> Vec<Touched> {
    app.changes_after(app.last_change().await - 1)
        .await
        .pop()
        .unwrap()
        .touched
        .unwrap()
}

#[tokio::test]
async fn an_event_says_who_from_where_and_by_which_request() {
    let World { app, root, .. } = World::start().await;
    let reply = root
        .at("203.0.113.7")
        .post("/users", json!({ "username": "bob" }))
        .await;
    let event = app.last_event().await;
    let bob = app.id_of("bob").await;
    assert_eq!(
        (event.actor.as_str(), event.action.as_str(), event.actor_id),
        ("root", "user.created", Some(app.id_of("root").await))
    );
    assert_eq!(
        (
            event.subject_kind.as_deref(),
            event.subject_id,
            event.subject_name.as_str()
        ),
        (Some("user"), Some(bob), "bob")
    );
    assert_eq!(event.face.as_deref(), Some("api"));
    assert_eq!(event.address.as_deref(), Some("203.0.113.7"));
    assert_eq!(
        event.request_id.as_deref(),
        Some(reply.header("x-request-id"))
    );
    assert_eq!(event.change_number, Some(app.last_change().await));
}

#[tokio::test]
async fn a_new_administrator_is_seen_in_the_event() {
    let World { app, root, .. } = World::start().await;
    let wanted = json!({ "username": "eve", "admin": true, "email": "eve@example.org" });
    root.post("/users", wanted).await;
    let expected = json!({ "admin": true, "external": false, "email": "eve@example.org" });
    assert_eq!(detail(&app).await, expected);
    let wanted = json!({ "username": "bob", "external": true });
    root.post("/users", wanted).await;
    let audited = app.last_audited().await;
    assert_eq!(audited, "root user.created bob an external user");
}

#[tokio::test]
async fn the_end_of_what_goes_on_or_is_new_is_in_the_event() {
    let World { app, root, .. } = World::start().await;
    let ending = app
        .actor_with("alice", "api", |token| {
            token.expiring(Some(Expiry::on("2026-04-01".parse().unwrap())))
        })
        .await;
    let wanted = json!({ "expires_at": "2030-01-01" });
    ending
        .post("/personal_access_tokens/self/rotate", wanted)
        .await;
    let expected = json!([{ "field": "expires_at", "from": "2026-04-01", "to": "2030-01-01" }]);
    assert_eq!(detail(&app).await["changes"], expected);
    app.project("team/app", Visibility::Private).await;
    let wanted = json!({ "name": "ci", "scopes": ["read_registry"], "expires_at": "2027-01-01" });
    root.post("/projects/team%2Fapp/deploy_tokens", wanted)
        .await;
    assert_eq!(detail(&app).await["expires_at"], "2027-01-01");
}

#[tokio::test]
async fn an_event_has_the_values_before_and_after_and_never_a_secret() {
    let World { app, root, .. } = World::start().await;
    let alice = app.id_of("alice").await;
    let wanted = json!({ "name": "Alice A.", "admin": true, "password": "correct horse staple" });
    root.put(&format!("/users/{alice}"), wanted).await;
    let expected = json!({ "changes": [
        { "field": "name", "from": "alice", "to": "Alice A." },
        { "field": "admin", "from": false, "to": true },
        { "field": "password", "from": "(hidden)", "to": "(hidden)" },
    ] });
    assert_eq!(detail(&app).await, expected);
    let found = root
        .read("/audit_events?action=user.password_changed")
        .await;
    assert_eq!(found[0]["entity_id"], alice, "with other changes too");
    assert_eq!(touched(&app).await, [Touched::User(UserId(alice))]);

    app.project("team/app", Visibility::Private).await;
    root.put("/projects/team%2Fapp", json!({ "visibility": "public" }))
        .await;
    let expected =
        json!({ "changes": [{ "field": "visibility", "from": "private", "to": "public" }] });
    assert_eq!(detail(&app).await, expected);
    let path = "team/app".try_into().unwrap();
    assert_eq!(touched(&app).await, [Touched::Namespace(path)]);
    // No decision rests on a description.
    let described = json!({ "description": "of the app" });
    root.put("/projects/team%2Fapp", described).await;
    assert_eq!(touched(&app).await, []);

    app.member("team", "alice", "developer").await;
    let member = format!("/groups/team/members/{alice}");
    root.put(
        &member,
        json!({ "access_level": 20, "expires_at": "2027-01-01" }),
    )
    .await;
    let expected = json!({
        "user_id": alice, "username": "alice", "access_level": "reporter", "expires_at": "2027-01-01",
        "changes": [
            { "field": "access_level", "from": "developer", "to": "reporter" },
            { "field": "expires_at", "from": null, "to": "2027-01-01" },
        ],
    });
    assert_eq!(detail(&app).await, expected);
    assert_eq!(touched(&app).await, [Touched::Memberships(UserId(alice))]);
}

#[tokio::test]
async fn an_event_of_a_token_lists_the_tokens_that_go_with_it() {
    let World {
        app, root, alice, ..
    } = World::start().await;
    let wanted = json!({ "name": "made", "scopes": ["read_registry"] });
    let made = alice
        .post("/user/personal_access_tokens", wanted)
        .await
        .json();
    let made = made["id"].as_i64().unwrap();
    root.delete(&alice.token_path()).await;
    assert_eq!(
        detail(&app).await,
        json!({ "revoked_with": { "ids": [made], "total": 1 } })
    );
    let ids = [alice.token_id, AccessTokenId(made)].map(Touched::AccessToken);
    assert_eq!(touched(&app).await, ids);

    app.project("team/app", Visibility::Private).await;
    let tokens = "/projects/team%2Fapp/deploy_tokens";
    let wanted = json!({ "name": "ci", "scopes": ["read_registry"] });
    let id = root.post(tokens, wanted).await.json()["id"]
        .as_i64()
        .unwrap();
    assert_eq!(
        detail(&app).await,
        json!({ "namespace": "team/app", "scopes": "read_registry", "expires_at": null })
    );
    assert_eq!(
        touched(&app).await,
        [Touched::DeployToken(DeployTokenId(id))]
    );
}
