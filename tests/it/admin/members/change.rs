//! Changing members, and who may.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{listed, start};
use crate::harness::{Actor, World};

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

/// As of users and groups: programs that say the wanted state each hour fill no audit log.
#[tokio::test]
async fn what_makes_no_difference_is_no_change() {
    let World { app, root, .. } = start().await;
    app.member("team", "alice", "developer").await;
    let one = format!("/groups/team/members/{}", app.id_of("alice").await);
    let before = (app.last_change().await, app.last_audited().await);
    let told = root.put(&one, json!({ "access_level": 30, "expires_at": "" }));
    assert_eq!(told.await.json(), root.read(&one).await);
    assert_eq!((app.last_change().await, app.last_audited().await), before);
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

/// Gives someone a role with an end, as the operator.
async fn given(root: &Actor, path: &str, user: i64, (level, end): (i32, &str)) {
    let body = json!({ "user_id": user, "access_level": level, "expires_at": end });
    let reply = root.post(&format!("{path}/members"), body).await;
    assert!(reply.status.is_success(), "{}", reply.body);
}

#[tokio::test]
async fn nobody_gives_a_role_that_lasts_longer_than_their_own() {
    let World { app, root, alice } = start().await;
    let (own, bob) = (app.id_of("alice").await, app.id_of("bob").await);
    let owner = app.id_of("carol").await;
    given(&root, "/groups/team", owner, (50, "")).await;
    given(&root, "/groups/team", own, (50, "2026-04-01")).await;
    for noun in ["/groups/team", "/projects/team%2Fapp"] {
        let all = format!("{noun}/members");
        let told = async |method: &str, id: Option<i64>, level: i32, end: Value| {
            let mut body = json!({ "access_level": level, "expires_at": end });
            let path = if let Some(id) = id {
                format!("{all}/{id}")
            } else {
                body["user_id"] = bob.into();
                all.clone()
            };
            alice.call(method, &path, body).await.told()
        };
        let too_long = r#"403 {"message":"403 Forbidden - your own role here ends on 2026-04-01; nobody gives one that lasts longer, so set an earlier end"}"#;
        assert_eq!(told("POST", None, 10, Value::Null).await, too_long);
        assert_eq!(told("POST", None, 10, json!("2026-04-02")).await, too_long);
        assert!(
            told("POST", None, 30, json!("2026-04-01"))
                .await
                .starts_with("201")
        );
        assert_eq!(told("PUT", Some(bob), 30, json!("")).await, too_long);
        assert_eq!(
            told("PUT", Some(bob), 30, json!("2026-05-01")).await,
            too_long
        );
        assert!(
            told("PUT", Some(bob), 50, json!("2026-03-20"))
                .await
                .starts_with("200")
        );
    }
}

#[tokio::test]
async fn a_role_that_ends_makes_neither_itself_nor_another_last_longer() {
    let World { app, root, alice } = start().await;
    let (own, owner) = (app.id_of("alice").await, app.id_of("carol").await);
    given(&root, "/groups/team", owner, (50, "")).await;
    given(&root, "/groups/team", own, (50, "2026-04-01")).await;
    let endless = json!({ "access_level": 50, "expires_at": null });
    let own = format!("/groups/team/members/{own}");
    assert_eq!(
        alice.put(&own, endless).await.status,
        StatusCode::FORBIDDEN,
        "not themselves"
    );
    // A role that lasts already may be lowered, but not raised.
    let endless = format!("/groups/team/members/{owner}");
    let lower = alice.put(&endless, json!({ "access_level": 20 })).await;
    assert_eq!(
        lower.status,
        StatusCode::FORBIDDEN,
        "the last lasting owner: {}",
        lower.body
    );
    given(&root, "/groups/team", app.id_of("root").await, (50, "")).await;
    assert_eq!(
        alice
            .put(&endless, json!({ "access_level": 20 }))
            .await
            .status,
        StatusCode::OK
    );
    let raised = alice.put(&endless, json!({ "access_level": 30 })).await;
    assert_eq!(raised.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_end_for_the_last_lasting_owner_is_a_loss() {
    let World { app, root, alice } = start().await;
    let (own, bob) = (app.id_of("alice").await, app.id_of("bob").await);
    given(&root, "/groups/team", own, (50, "")).await;
    given(&root, "/groups/team", bob, (50, "2026-05-01")).await;
    let path = format!("/groups/team/members/{own}");
    for end in ["2026-03-14", "2026-04-01", "2099-01-01"] {
        let reply = alice
            .put(&path, json!({ "access_level": 50, "expires_at": end }))
            .await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(reply.told(), @r#"403 {"message":"403 Forbidden - the last owner of a group stays its owner; make someone else an owner first"}"#);
        }
    }
    let bob = format!("/groups/team/members/{bob}");
    let lasting = json!({ "access_level": 50, "expires_at": null });
    assert_eq!(alice.put(&bob, lasting).await.status, StatusCode::OK);
    let today = json!({ "access_level": 50, "expires_at": "2026-03-14" });
    assert_eq!(alice.put(&path, today).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_misspelt_end_gives_no_role() {
    let World { app, root, .. } = start().await;
    let alice = app.id_of("alice").await;
    for noun in ["/groups/team", "/projects/team%2Fapp"] {
        let body = json!({ "user_id": alice, "access_level": 30, "expire_at": "2026-04-01" });
        let reply = root.post(&format!("{noun}/members"), body).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(reply.told(), @r#"400 {"error":"expire_at is not a parameter here; there is user_id, username, access_level, expires_at"}"#);
        }
        given(&root, noun, alice, (30, "")).await;
        let body = json!({ "access_level": 30, "expire_at": "2026-04-01" });
        let reply = root.put(&format!("{noun}/members/{alice}"), body).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    }
}
