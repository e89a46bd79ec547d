//! Changing tokens, which only ever narrows them.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use chrono::Duration;
use serde_json::{Value, json};
use wharfinger::domain::expiry::Expiry;
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::World;

#[tokio::test]
async fn a_token_is_renamed_shortened_and_narrowed_but_never_widened() {
    let World { app, alice, .. } = World::start().await;
    let end = Expiry::on((app.now() + Duration::days(30)).date_naive());
    let token = app
        .actor_with("alice", "read_registry write_registry", |token| {
            token.expiring(Some(end))
        })
        .await;
    let path = token.token_path();
    let change = async |body: Value| alice.patch(&path, body).await;
    let wanted = json!({
        "name": "new", "description": "why", "scopes": ["read_registry"], "repositories": ["team/*"],
    });
    let changed = change(wanted).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    assert_eq!(changed.json()["scopes"], json!(["read_registry"]));
    assert_eq!(
        change(json!({ "expires_at": "2026-03-20" })).await.json()["expires_at"],
        "2026-03-20"
    );
    let before = (app.last_change().await, app.last_audited().await);
    let after = change(json!({ "name": "new", "expires_at": "2026-03-20" }))
        .await
        .json();
    let since = (app.last_change().await, app.last_audited().await);
    assert_eq!(since, before, "what makes no difference is no change");
    assert_eq!(
        (&after["name"], &after["repositories"]),
        (&json!("new"), &json!(["team/*"]))
    );
    for (body, status) in [
        (
            json!({ "scopes": ["read_registry", "write_registry"] }),
            422,
        ),
        (json!({ "expires_at": "2026-03-21" }), 422),
        (json!({ "expires_at": null }), 422),
        (json!({ "repositories": [] }), 422),
        (json!({ "repositories": ["**"] }), 422),
        (json!({ "name": "" }), 422),
        (json!({ "revoked": true }), 400),
        (json!({ "token": "x" }), 400),
    ] {
        assert_eq!(change(body.clone()).await.status.as_u16(), status, "{body}");
    }
    assert_eq!(
        change(json!({})).await.json(),
        after,
        "what was refused changed nothing"
    );
    // It counts at the very next request.
    let refused = token.ask(&["repository:alice/x:pull"]).await;
    assert_eq!(
        refused.json()["denied"][0]["reason"],
        "the token is limited to other repositories"
    );
}

/// Clients that write whole objects send back what they were shown.
#[tokio::test]
async fn the_end_that_is_shown_can_be_sent_back() {
    let World { app, root, alice } = World::start().await;
    let day = json!({ "name": "x", "scopes": ["read_registry"], "expires_in": "12h" });
    let made = alice.post("/user/personal_access_tokens", day).await.json();
    let far = Expiry::on((app.now() + Duration::days(3000)).date_naive());
    let old = app
        .actor_with("alice", "read_registry", |token| token.expiring(Some(far)))
        .await;
    let app = app
        .restart_with("[access_tokens]\nlongest_lifetime = \"30d\"")
        .await;
    let root = app.again(&root);
    for path in [
        format!("/personal_access_tokens/{}", made["id"]),
        old.token_path(),
    ] {
        let before = root.read(&path).await;
        let wanted = json!({ "name": "new", "expires_at": before["expires_at"] });
        let reply = root.patch(&path, wanted).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        let after = root.read(&path).await;
        assert_eq!(
            (&after["name"], &after["expires_at_time"]),
            (&json!("new"), &before["expires_at_time"])
        );
        let later = root
            .patch(&path, json!({ "expires_at": "2099-01-01" }))
            .await;
        assert_eq!(
            later.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            later.body
        );
    }
}

/// The members of a token that only its making, its use and its end change.
const READ_ONLY: [&str; 13] = [
    "id",
    "revoked",
    "expired",
    "active",
    "granular",
    "user_id",
    "created_at",
    "last_used_at",
    "last_used_ips",
    "expires_at_time",
    "grace_until",
    "previous_personal_access_token_id",
    "parent_personal_access_token_id",
];

/// Programs read a thing, change a member of it, and send all of it back.
#[tokio::test]
async fn a_whole_token_can_be_sent_back() {
    let World { app, alice, .. } = World::start().await;
    let end = Expiry::at(app.now() + Duration::hours(30));
    let narrow = app
        .actor_with("alice", "read_registry", |token| token.expiring(Some(end)))
        .await;
    for token in [&alice, &narrow] {
        let path = token.token_path();
        let mut whole = alice.read(&path).await;
        let before = app.last_change().await;
        let reply = alice.patch(&path, whole.clone()).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        assert_eq!(app.last_change().await, before, "nothing is different");
        whole["name"] = json!("renamed");
        // A use in between is no change of what was read.
        whole["last_used_at"] = Value::Null;
        whole["last_used_ips"] = json!(["192.0.2.1"]);
        let reply = alice.patch(&path, whole).await;
        assert_eq!(reply.json()["name"], "renamed", "{}", reply.body);
    }
    let whole = alice.read(&narrow.token_path()).await;
    let shown = READ_ONLY.iter().filter(|name| whole.get(name).is_some());
    assert_eq!(shown.count(), READ_ONLY.len());
    let form = Request::patch(format!("/api/v4{}", narrow.token_path()))
        .header("PRIVATE-TOKEN", alice.secret())
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from("name=formed&revoked=false&grace_until=&id=2"));
    let form = app.send_admin(form.unwrap()).await;
    let told = form.json()["error"].clone();
    assert_eq!(
        told, "id cannot be changed: leave it out, or as it is",
        "{}",
        form.body
    );
}

/// Who sends `revoked: true` must not believe that the token is revoked.
#[tokio::test]
async fn a_member_that_cannot_be_changed_is_refused_with_another_value() {
    let World { app, alice, .. } = World::start().await;
    let token = app.actor("alice", "read_registry").await;
    let path = token.token_path();
    for (name, value) in [
        ("revoked", json!(true)),
        ("active", json!(false)),
        ("expired", json!(true)),
        ("id", json!(1)),
        ("user_id", json!(1)),
        ("granular", json!(true)),
        ("created_at", json!("2020-01-01T00:00:00Z")),
        ("expires_at_time", json!("2026-03-20T00:00:00.000Z")),
        ("grace_until", json!("2026-03-20T00:00:00.000Z")),
        ("previous_personal_access_token_id", json!(1)),
        ("parent_personal_access_token_id", json!(1)),
    ] {
        let reply = alice
            .patch(&path, json!({ name: value, "name": "other" }))
            .await;
        assert_eq!(
            reply.told(),
            format!(r#"400 {{"error":"{name} cannot be changed: leave it out, or as it is"}}"#)
        );
    }
    assert_eq!(alice.read(&path).await["name"], "test");
    let made = token.read("/personal_access_tokens/self").await["created_at"].clone();
    let short = json!({ "created_at": made.as_str().unwrap().replace(".000Z", "+00:00") });
    assert_eq!(alice.patch(&path, short).await.status, StatusCode::OK);
}

/// The same for all other things that are changed.
#[tokio::test]
async fn whole_users_groups_projects_and_members_can_be_sent_back() {
    let World { app, root, .. } = World::start().await;
    app.project("team/app", Visibility::Private).await;
    app.member("team", "alice", "reporter").await;
    let (user, alice) = (app.user_path("alice").await, app.id_of("alice").await);
    for path in [
        user,
        "/groups/team".to_owned(),
        "/projects/team%2Fapp".to_owned(),
        format!("/groups/team/members/{alice}"),
    ] {
        let whole = root.read(&path).await;
        let reply = root.put(&path, whole.clone()).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.body);
        assert_eq!(root.read(&path).await, whole, "{path}");
    }
    app.member("team", "root", "owner").await;
    let members = "/groups/team/members";
    let whole = root
        .read(&format!("{members}/{}", app.id_of("root").await))
        .await;
    let told = root.put(&format!("{members}/{alice}"), whole).await.told();
    assert!(told.contains("username cannot be changed"), "{told}");
}

/// A yes would be taken for the end of a token that leaked, though it was rotated meanwhile.
#[tokio::test]
async fn a_revoked_token_is_described_and_not_limited() {
    let World { app, alice, .. } = World::start().await;
    let token = app.actor("alice", "read_registry write_registry").await;
    let path = token.token_path();
    alice.post(&format!("{path}/rotate"), json!({})).await;
    for limit in [
        json!({ "scopes": ["read_registry"] }),
        json!({ "expires_at": "2026-03-20" }),
    ] {
        let told = alice.patch(&path, limit).await.told();
        let rule = "400 {\"message\":\"400 Bad request - the token was already revoked; limit the one that";
        assert!(told.starts_with(rule), "{told}");
    }
    let described = alice
        .patch(&path, json!({ "description": "it leaked" }))
        .await;
    assert_eq!(described.json()["description"], "it leaked");
}
