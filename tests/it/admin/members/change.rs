//! Changing members, and who may.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{listed, start};
use crate::harness::World;

#[tokio::test]
async fn a_members_role_and_its_end_are_changed() {
    let World { app, root, .. } = start().await;
    let alice = app.id_of("alice").await;
    for noun in ["groups/team", "projects/team%2Fapp"] {
        let all = format!("/{noun}/members");
        let one = format!("{all}/{alice}");
        let body = json!({ "user_id": alice, "access_level": 30, "expires_at": "2026-04-01" });
        root.post(&all, body).await;
        let changed = root
            .put(&one, json!({ "access_level": "40", "expires_at": "" }))
            .await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
        assert_eq!(
            (
                &changed.json()["access_level"],
                &changed.json()["expires_at"]
            ),
            (&json!(40), &Value::Null)
        );
        let changed = root
            .put(&one, json!({ "access_level": 20, "user_id": 1 }))
            .await;
        assert_eq!(
            (&changed.json()["access_level"], &changed.json()["id"]),
            (&json!(20), &json!(alice))
        );
    }
}

#[tokio::test]
async fn nobody_gives_more_than_they_have_or_touches_who_is_above_them() {
    let World { app, root, alice } = start().await;
    app.member("team/app", "alice", "maintainer").await;
    app.member("team/app", "carol", "owner").await;
    let (own, bob, carol) = (
        app.id_of("alice").await,
        app.id_of("bob").await,
        app.id_of("carol").await,
    );
    let path = "/projects/team%2Fapp/members";
    let told = async |method: &str, below: String, level: i32| {
        let body = json!({ "user_id": bob, "access_level": level });
        let path = format!("{path}{below}");
        alice.call(method, &path, body).await.told()
    };
    let too_low = r#"403 {"message":"403 Forbidden - needs the role owner or higher"}"#;
    assert_eq!(told("POST", String::new(), 50).await, too_low);
    assert!(told("POST", String::new(), 40).await.starts_with("201"));
    assert_eq!(told("PUT", format!("/{bob}"), 50).await, too_low);
    assert_eq!(
        told("PUT", format!("/{own}"), 50).await,
        too_low,
        "not themselves either"
    );
    assert_eq!(told("PUT", format!("/{carol}"), 10).await, too_low);
    assert_eq!(told("DELETE", format!("/{carol}"), 10).await, too_low);
    assert_eq!(listed(&root, path).await, "alice:40 bob:40 carol:50");
    assert_eq!(told("DELETE", format!("/{bob}"), 10).await, "204");
    // In a group, only owners manage members.
    app.member("team", "alice", "maintainer").await;
    let guest = json!({ "user_id": bob, "access_level": 10 });
    let reply = alice.post("/groups/team/members", guest).await.told();
    assert_eq!(reply, too_low);
}

#[tokio::test]
async fn a_guest_sees_members_changes_none_and_may_leave() {
    let World { app, root, alice } = start().await;
    app.member("team", "alice", "guest").await;
    app.member("team", "bob", "owner").await;
    let (own, bob) = (app.id_of("alice").await, app.id_of("bob").await);
    for noun in ["groups/team", "projects/team%2Fapp"] {
        let guest = json!({ "user_id": bob, "access_level": 10 });
        let reply = alice.post(&format!("/{noun}/members"), guest).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN);
    }
    let path = |id: i64| format!("/groups/team/members/{id}");
    for id in [own, bob] {
        let reply = alice
            .put(&path(id), json!({ "access_level": 10, "expires_at": null }))
            .await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(alice.delete(&path(bob)).await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        listed(&alice, "/groups/team/members").await,
        "alice:10 bob:50"
    );
    assert_eq!(alice.delete(&path(own)).await.told(), "204");
    assert_eq!(listed(&root, "/groups/team/members").await, "bob:50");
}
