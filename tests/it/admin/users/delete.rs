//! Deleting users, and who has to stay.

use axum::http::StatusCode;
use serde_json::json;
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{PASSWORD, World};

#[tokio::test]
async fn the_last_administrator_cannot_be_removed_or_demoted() {
    let World { app, root, .. } = World::start().await;
    app.administrator("blocked").await;
    let blocked = app.user_path("blocked").await;
    root.post(&format!("{blocked}/block"), json!({})).await;
    let own = app.user_path("root").await;
    let demote = json!({ "admin": false });
    insta::assert_snapshot!(root.put(&own, demote.clone()).await.told(), @r#"400 {"message":"400 Bad request - the last administrator cannot be demoted"}"#);
    insta::assert_snapshot!(root.delete(&own).await.told(), @r#"400 {"message":"400 Bad request - the last administrator cannot be removed"}"#);
    assert_eq!(
        root.delete(&blocked).await.told(),
        "204",
        "a blocked administrator is not the last one"
    );
    app.administrator("other").await;
    let demoted = root.put(&own, demote).await;
    assert_eq!(demoted.json()["is_admin"], false);
    let other = app.actor("other", "api").await;
    let removed = other.delete(&app.user_path("other").await).await.told();
    assert!(removed.contains("the last administrator"), "{removed}");
}

/// An administrator who did could not undo it; a script that blocks all in a list must not end with its own administrator.
#[tokio::test]
async fn no_administrator_blocks_themselves() {
    let World { app, root, .. } = World::start().await;
    app.administrator("other").await;
    let own = app.user_path("root").await;
    let block = root.post(&format!("{own}/block"), json!({})).await;
    insta::assert_snapshot!(block.told(), @r#"403 {"message":"403 Forbidden - nobody blocks themselves by the API; another administrator does it, or the command line"}"#);
    assert_eq!(root.read("/user").await["state"], "active");
    let other = app.actor("other", "api").await;
    let block = other.post(&format!("{own}/block"), json!({})).await;
    assert_eq!(block.told(), "201 true");
    assert_eq!(root.get("/user").await.status, StatusCode::FORBIDDEN);
}

/// A bare 404 would say that there is no such user.
#[tokio::test]
async fn states_that_users_do_not_have_are_refused_with_those_they_have() {
    let World { app, root, alice } = World::start().await;
    let path = app.user_path("alice").await;
    for (verbs, use_this) in [
        (["deactivate", "ban", "reject"], "block"),
        (["activate", "unban", "approve"], "unblock"),
    ] {
        for verb in verbs {
            let told = async |path: &str| root.post(&format!("{path}/{verb}"), json!({})).await;
            let expected = format!(
                r#"400 {{"message":"400 Bad request - users are active or blocked here; use POST /users/:id/{use_this}"}}"#
            );
            assert_eq!(told(&path).await.told(), expected);
            let unknown = told("/users/999").await.told();
            assert_eq!(unknown, r#"404 {"message":"404 User Not Found"}"#);
            let reply = alice.post(&format!("{path}/{verb}"), json!({})).await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{verb}");
            let reply = app
                .anonymous()
                .post(&format!("{path}/{verb}"), json!({}))
                .await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{verb}");
        }
    }
    assert_eq!(root.read(&path).await["state"], "active");
}

#[tokio::test]
async fn of_administrators_that_go_at_the_same_time_one_stays() {
    let World { app, .. } = World::start().await;
    let mut paths = Vec::new();
    let mut administrators = Vec::new();
    for name in ["a", "b", "c", "d"] {
        app.administrator(name).await;
        paths.push(app.user_path(name).await);
        administrators.push(app.actor(name, "api").await);
    }
    let [a, b, c, d] = &administrators[..] else {
        panic!("four")
    };
    let root = app.user_path("root").await;
    let demoted = a.put(&root, json!({ "admin": false })).await;
    assert_eq!(demoted.status, StatusCode::OK);
    let no = || json!({ "admin": false });
    let (first, second, third, fourth) = tokio::join!(
        a.put(&paths[0], no()),
        b.delete(&paths[1]),
        c.put(&paths[2], no()),
        d.delete(&paths[3]),
    );
    let refused = [first, second, third, fourth];
    let refused = refused.iter().filter(|reply| reply.status == 400).count();
    assert_eq!(refused, 1);
}

#[tokio::test]
async fn a_deleted_user_is_gone_with_everything_that_was_theirs() {
    let World { app, root, alice } = World::start().await;
    let path = app.user_path("alice").await;
    app.project("team/app", Visibility::Private).await;
    app.member("team", "alice", "developer").await;
    let project = json!({ "name": "tool", "visibility": "public" });
    let made = alice.post("/projects", project).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let pulls = async |name: &str| {
        let scope = format!("repository:{name}:pull");
        let reply = app.anonymous().ask(&[&scope]).await;
        reply.granted(&app.keys).len()
    };
    assert_eq!(pulls("alice/tool").await, 1);

    assert_eq!(root.delete(&path).await.told(), "204");
    assert_eq!(
        root.get(&path).await.told(),
        r#"404 {"message":"404 User Not Found"}"#
    );
    assert_eq!(
        root.delete(&path).await.told(),
        r#"404 {"message":"404 User Not Found"}"#
    );
    for secret in [alice.secret(), PASSWORD] {
        let reply = app.caller("alice", secret).ask(&[]).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    }
    let reply = alice.get("/user").await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(pulls("alice/tool").await, 0, "the images stay closed");
    let project = format!("/projects/{}", made.json()["id"]);
    assert_eq!(root.get(&project).await.status, StatusCode::NOT_FOUND);
    assert_eq!(root.read("/groups/team/members").await, json!([]));

    // An administrator makes the user anew; what was deleted stays deleted.
    app.user("alice").await;
    assert_eq!(pulls("alice/tool").await, 0);
    let reply = alice.get("/user").await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(root.read("/groups/team/members").await, json!([]));
}

/// Nobody but administrators could manage the group, and who cleans up users would not know (GitLab: 409).
#[tokio::test]
async fn the_last_owner_of_a_group_is_not_deleted_unless_that_is_said() {
    let World { app, root, alice } = World::start().await;
    app.group("team", Visibility::Private).await;
    app.group("team/sub", Visibility::Private).await;
    app.user("bob").await;
    app.member("team/sub", "alice", "owner").await;
    app.member("team/sub", "bob", "maintainer").await;
    let path = app.user_path("alice").await;
    insta::assert_snapshot!(root.delete(&path).await.told(), @r#"409 {"message":"this user is the last owner of the group `team/sub`; make someone else its owner first, or leave it without one with hard_delete=true"}"#);
    assert_eq!(alice.get("/user").await.status, StatusCode::OK);
    app.member("team", "bob", "owner").await;
    assert_eq!(root.delete(&path).await.told(), "204", "it has another one");
    let path = app.user_path("bob").await;
    let refused = root.delete(&format!("{path}?hard_delete=false")).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let deleted = root.delete(&format!("{path}?hard_delete=true")).await;
    assert_eq!(deleted.told(), "204");
    assert_eq!(root.read("/groups/team/members").await, json!([]));
}

#[tokio::test]
async fn the_event_names_the_tokens_and_roles_that_went_with_a_user() {
    let World { app, root, alice } = World::start().await;
    app.project("alice/tool", Visibility::Private).await;
    app.group("team", Visibility::Private).await;
    app.member("team", "alice", "owner").await;
    let path = app.user_path("alice").await;
    root.delete(&format!("{path}?hard_delete=true")).await;
    let told = format!(
        "root user.deleted alice with tokens {}; was owner in team",
        alice.id
    );
    assert_eq!(app.last_audited().await, told);
    let expected = json!({
        "namespaces": 2,
        "access_tokens": { "ids": [alice.id.0], "total": 1 },
        "roles": { "total": 1, "roles": [{ "namespace": "team", "access_level": "owner", "expires_at": null }] },
    });
    assert_eq!(app.last_event().await.detail, Some(expected));
}
