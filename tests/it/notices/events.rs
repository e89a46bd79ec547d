//! Notices of changes: rotated, revoked, presented again.

use chrono::Duration;
use serde_json::{Value, json};
use wharfinger::domain::expiry::Expiry;
use wharfinger::domain::namespaces::visibility::Visibility;

use super::receiver::{Message, Receiver};
use super::{Told, webhook_at};
use crate::harness::World;

const ROTATE: &str = "/personal_access_tokens/self/rotate";
const OWN: &str = "/user/personal_access_tokens";

/// The wish for a token that another one makes.
fn made() -> Value {
    json!({ "name": "made", "scopes": ["read_registry"] })
}

impl Told {
    /// The messages that the webhook has got since the last time.
    async fn messages(&self) -> Vec<Value> {
        self.tell().await;
        self.receiver.take().iter().map(Message::json).collect()
    }
}

#[tokio::test]
async fn a_rotation_is_told_with_the_token_that_took_the_place() {
    let told = Told::start().await;
    let made = told.world.alice.post(ROTATE, json!({})).await.json();
    let messages = told.messages().await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["type"], "access_token.rotated");
    let data = &messages[0]["data"];
    assert_eq!(data["token"]["id"], json!(told.world.alice.token_id));
    assert_eq!(data["successor_id"], made["id"]);
    assert_eq!(data["works_until"], Value::Null);
    assert_eq!(data["author_name"], "alice");
}

#[tokio::test]
async fn a_token_whose_grace_a_second_rotation_cuts_off_is_told_with_it() {
    let told = Told::start().await;
    let alice = &told.world.alice;
    let middle = alice.post(ROTATE, json!({ "grace": "7d" })).await.json();
    let messages = told.messages().await;
    assert_eq!(messages[0]["data"]["also_revoked"], json!([]), "none yet");
    told.mailbox.take();
    assert!(alice.works().await);
    let path = format!("/personal_access_tokens/{}/rotate", middle["id"]);
    let reply = told.world.root.post(&path, json!({})).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert!(!alice.works().await);
    let messages = told.messages().await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["type"], "access_token.rotated");
    let data = &messages[0]["data"];
    assert_eq!(data["token"]["id"], middle["id"]);
    let also = json!([{ "id": alice.token_id, "name": middle["name"] }]);
    assert_eq!(data["also_revoked"], also);
    let mail = &told.mailbox.take()[0];
    let line = format!("Revoked too: {} (", alice.token_id);
    assert!(mail.text.contains(&line), "{}", mail.text);
}

#[tokio::test]
async fn a_rotated_token_that_comes_back_is_told() {
    let told = Told::start().await;
    let alice = &told.world.alice;
    let successor = alice.post(ROTATE, json!({})).await.json();
    assert_eq!(told.kinds().await, ["access_token.rotated"]);
    let thief = alice.at("203.0.113.7");
    assert_eq!(thief.post(ROTATE, json!({})).await.status, 401);
    let messages = told.messages().await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["type"], "access_token.reused");
    let data = &messages[0]["data"];
    assert_eq!(data["token"]["id"], json!(alice.token_id));
    assert_eq!(data["also_revoked"][0]["id"], successor["id"]);
    assert_eq!(data["owner"]["username"], "alice");
    assert_eq!(data["ip_address"], "203.0.113.7");
    told.world.app.service.observations.write().await.unwrap();
    assert!(told.messages().await.is_empty(), "it is told once");
}

#[tokio::test]
async fn tokens_that_were_revoked_with_another_are_told_with_it() {
    let told = Told::start().await;
    let alice = &told.world.alice;
    let made = alice.post(OWN, made()).await.json();
    told.tell().await;
    told.world.app.revoke(alice).await;
    let messages = told.messages().await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["type"], "access_token.revoked");
    let data = &messages[0]["data"];
    assert_eq!(data["token"]["id"], json!(alice.token_id));
    let also = json!([{ "id": made["id"], "name": "made" }]);
    assert_eq!(data["also_revoked"], also);
    let mail = &told.mailbox.take()[0];
    let line = format!("Revoked too: {} (made)", made["id"]);
    assert!(mail.text.contains(&line), "{}", mail.text);
}

#[tokio::test]
async fn tokens_that_were_revoked_because_their_maker_was_narrowed_are_told() {
    let told = Told::start().await;
    let World { app, root, .. } = &told.world;
    let maker = app.actor("alice", "api read_registry").await;
    let made = maker.post(OWN, made()).await.json();
    told.tell().await;
    let narrowed = json!({ "scopes": ["read_registry"] });
    let reply = root.patch(&maker.token_path(), narrowed).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let messages = told.messages().await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["type"], "access_token.revoked");
    assert_eq!(messages[0]["data"]["token"]["id"], made["id"]);
    assert_eq!(messages[0]["data"]["author_name"], "root");
}

#[tokio::test]
async fn a_deploy_token_that_is_revoked_is_told_to_the_operator() {
    let told = Told::start().await;
    let World { app, root, .. } = &told.world;
    app.project("team/app", Visibility::Private).await;
    let end = Expiry::on("2026-06-01".parse().unwrap());
    let machine = app
        .machine_with("team/app", "read_registry", |mut token| {
            token.expiry = Some(end);
            token
        })
        .await;
    let project = app.id_at("team/app").await;
    let path = format!("/projects/{project}/deploy_tokens/{}", machine.token_id);
    assert_eq!(root.delete(&path).await.status, 204);
    let messages = told.messages().await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["type"], "deploy_token.revoked");
    assert_eq!(messages[0]["data"]["namespace"], "team/app");
    let token = json!({ "type": "deploy_token", "id": machine.token_id, "name": "ci", "expires_at": "2026-06-01" });
    assert_eq!(messages[0]["data"]["token"], token);
    let mails = told.mailbox.take();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["ops@example.com"]);
}

/// Both may happen before the event of the first is read.
#[tokio::test]
async fn a_revocation_is_told_also_if_the_user_or_the_project_is_deleted_right_after_it() {
    let told = Told::start().await;
    let World { app, alice, root } = &told.world;
    app.project("team/app", Visibility::Private).await;
    let machine = app.machine("team/app", "read_registry").await;
    let project = format!("/projects/{}", app.id_at("team/app").await);
    let path = format!("{project}/deploy_tokens/{}", machine.token_id);
    assert_eq!(root.delete(&path).await.status, 204);
    assert!(root.delete(&project).await.status.is_success());
    let (user, id) = (app.user_path("alice").await, app.id_of("alice").await);
    let also = alice.post(OWN, made()).await.json();
    assert_eq!(root.delete(&alice.token_path()).await.status, 204);
    assert_eq!(root.delete(&user).await.status, 204);
    let mut messages = told.messages().await;
    // They go out at the same time.
    messages.sort_by_key(|message| message["type"].to_string());
    let types: Vec<_> = messages.iter().map(|message| &message["type"]).collect();
    assert_eq!(types, ["access_token.revoked", "deploy_token.revoked"]);
    assert_eq!(messages[1]["data"]["token"]["id"], json!(machine.token_id));
    assert_eq!(messages[1]["data"]["namespace"], "team/app");
    let data = &messages[0]["data"];
    let token =
        json!({ "type": "access_token", "id": alice.token_id, "name": "test", "expires_at": null });
    assert_eq!(data["token"], token);
    let owner = json!({ "id": id, "username": "(deleted)" });
    assert_eq!(data["owner"], owner);
    assert_eq!(data["author_name"], "root");
    let with = json!([{ "id": also["id"], "name": "(deleted)" }]);
    assert_eq!(data["also_revoked"], with);
    let mails = told.mailbox.take();
    assert_eq!(mails.len(), 2);
    assert!(mails.iter().all(|mail| mail.to == ["ops@example.com"]));
}

#[tokio::test]
async fn other_changes_and_what_was_before_are_no_news() {
    let told = Told::start().await;
    let World { app, alice, .. } = &told.world;
    app.group("team", Visibility::Private).await;
    assert_eq!(alice.post(OWN, made()).await.status, 201);
    app.block("alice").await;
    assert_eq!(told.kinds().await, Vec::<String>::new());
    assert!(told.mailbox.take().is_empty());
}

#[tokio::test]
async fn what_was_before_the_first_way_for_notices_is_no_news() {
    let World { app, alice, .. } = World::start().await;
    let end = Some(Expiry::on("2026-04-20".parse().unwrap()));
    app.actor_with("alice", "read_registry", |token| token.expiring(end))
        .await;
    app.service.notices.purge().await.unwrap();
    app.clock.advance(Duration::days(10));
    assert_eq!(alice.post(ROTATE, json!({})).await.status, 200);
    let receiver = Receiver::start();
    let app = app.restart_with(&webhook_at(&receiver.url())).await;
    super::tell(&app).await;
    assert_eq!(receiver.take().len(), 0);
}

#[tokio::test]
async fn without_a_way_for_them_there_are_no_notices() {
    let world = World::start().await;
    super::make(&world.app).await;
    world.app.revoke(&world.alice).await;
    super::tell(&world.app).await;
    assert_eq!(world.root.read("/notices").await, json!([]));
}
