//! Removing members, and who has to stay.

use serde_json::json;
use wharfinger::domain::namespaces::visibility::Visibility;

use super::{listed, start};
use crate::harness::World;

#[tokio::test]
async fn the_last_owner_of_a_group_stays_unless_an_administrator_says_so() {
    let World { app, root, alice } = start().await;
    app.member("team", "alice", "owner").await;
    let path = format!("/groups/team/members/{}", app.id_of("alice").await);
    let refused = r#"403 {"message":"403 Forbidden - the last owner of a group stays its owner; make someone else an owner first"}"#;
    assert_eq!(alice.delete(&path).await.told(), refused);
    assert_eq!(
        alice.put(&path, json!({ "access_level": 40 })).await.told(),
        refused
    );
    let block = format!("{}/block", app.user_path("bob").await);
    app.member("team", "bob", "owner").await;
    root.post(&block, json!({})).await;
    assert_eq!(
        alice.delete(&path).await.told(),
        refused,
        "a blocked owner manages nothing"
    );
    app.group("team/sub", Visibility::Private).await;
    app.member("team/sub", "carol", "owner").await;
    let carol = app.actor("carol", "api").await;
    let below = format!("/groups/team%2Fsub/members/{}", app.id_of("carol").await);
    assert_eq!(
        carol.delete(&below).await.told(),
        "204",
        "whoever owns what is above owns it"
    );
    assert_eq!(root.delete(&path).await.told(), "204");
}

/// Owners for a time, or who are blocked, are none that a group could keep.
#[tokio::test]
async fn owners_for_a_time_leave_and_remove_one_another() {
    let World { app, root, alice } = start().await;
    let (own, bob) = (app.id_of("alice").await, app.id_of("bob").await);
    let carol = app.id_of("carol").await;
    for (user, end) in [
        (own, "2026-04-01"),
        (bob, "2026-05-01"),
        (carol, "2026-05-01"),
    ] {
        let role = json!({ "user_id": user, "access_level": 50, "expires_at": end });
        root.delete(&format!("/groups/team/members/{user}")).await;
        assert_eq!(root.post("/groups/team/members", role).await.status, 201);
    }
    let member = |user: i64| format!("/groups/team/members/{user}");
    let lower = json!({ "access_level": 10, "expires_at": "2026-03-30" });
    assert_eq!(alice.put(&member(bob), lower).await.status, 200);
    root.post(
        &format!("{}/block", app.user_path("carol").await),
        json!({}),
    )
    .await;
    assert_eq!(alice.delete(&member(carol)).await.told(), "204");
    assert_eq!(alice.delete(&member(own)).await.told(), "204");
}

#[tokio::test]
async fn who_leaves_a_group_loses_the_roles_below_unless_told_otherwise() {
    let World { app, root, .. } = start().await;
    let path = format!("/groups/team/members/{}", app.id_of("alice").await);
    for (query, left) in [("?skip_subresources=true", "alice:30"), ("", "")] {
        app.member("team", "alice", "guest").await;
        app.member("team/app", "alice", "developer").await;
        app.member("team/app", "bob", "developer").await;
        assert_eq!(root.delete(&format!("{path}{query}")).await.told(), "204");
        let expected = format!("{left} bob:30");
        assert_eq!(
            listed(&root, "/projects/team%2Fapp/members").await,
            expected.trim()
        );
    }
}

/// Whoever owns a group below, and has a lower role above: their way out must not leave it to nobody.
#[tokio::test]
async fn the_last_owner_of_a_group_below_stays_until_there_is_another() {
    let World { app, root, alice } = start().await;
    for path in ["team/sub", "team/sub/deep"] {
        app.group(path, Visibility::Private).await;
    }
    app.member("team", "carol", "guest").await;
    app.member("team/sub/deep", "carol", "owner").await;
    app.member("team/app", "carol", "owner").await;
    let path = format!("/groups/team/members/{}", app.id_of("carol").await);
    let carol = app.actor("carol", "api").await;
    let deep = "/groups/team%2Fsub%2Fdeep/members";
    // An owner above whose role ends keeps it for no longer than that.
    let ends = json!({ "user_id": app.id_of("alice").await, "access_level": 50, "expires_at": "2026-04-01" });
    root.post("/groups/team/members", ends).await;
    for caller in [&carol, &alice] {
        let refused = caller.delete(&path).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(refused.told(), @r#"403 {"message":"403 Forbidden - this would take the last owner of `team/sub/deep`; make someone else its owner first, or keep the roles below with skip_subresources=true"}"#);
        }
        assert_eq!(listed(&root, deep).await, "carol:50", "nothing was changed");
    }
    let kept = carol
        .delete(&format!("{path}?skip_subresources=true"))
        .await;
    assert_eq!(kept.told(), "204");
    app.member("team", "carol", "guest").await;
    app.member("team/sub", "bob", "owner").await;
    assert_eq!(carol.delete(&path).await.told(), "204", "bob inherits it");
    assert_eq!(listed(&root, deep).await, "");
}

#[tokio::test]
async fn who_was_an_owner_of_a_group_below_once_is_no_last_one() {
    let World { app, root, .. } = start().await;
    app.group("team/sub", Visibility::Private).await;
    app.member("team", "carol", "guest").await;
    let carol = app.id_of("carol").await;
    let until = json!({ "user_id": carol, "access_level": 50, "expires_at": "2026-03-20" });
    root.post("/groups/team%2Fsub/members", until).await;
    app.clock.advance(chrono::Duration::days(40));
    let token = app.actor("carol", "api").await;
    let left = token.delete(&format!("/groups/team/members/{carol}")).await;
    assert_eq!(left.told(), "204");
}

#[tokio::test]
async fn an_owner_above_keeps_what_is_below_and_administrators_take_the_last_one() {
    let World { app, root, alice } = start().await;
    app.group("team/sub", Visibility::Private).await;
    app.member("team", "alice", "owner").await;
    let path = format!("/groups/team/members/{}", app.id_of("carol").await);
    for caller in [&alice, &root] {
        app.member("team", "carol", "guest").await;
        app.member("team/sub", "carol", "owner").await;
        assert_eq!(caller.delete(&path).await.told(), "204");
        let team = format!("/groups/team/members/{}", app.id_of("alice").await);
        root.delete(&team).await;
    }
    // One's own role above will do, too.
    app.member("team", "alice", "owner").await;
    app.member("team/sub", "alice", "owner").await;
    let own = format!("/groups/team%2Fsub/members/{}", app.id_of("alice").await);
    assert_eq!(alice.delete(&own).await.told(), "204");
    assert_eq!(listed(&root, "/groups/team%2Fsub/members").await, "");
}

#[tokio::test]
async fn what_is_taken_below_is_named_in_the_event() {
    let World { app, root, .. } = start().await;
    app.group("team/sub", Visibility::Private).await;
    app.group("other", Visibility::Private).await;
    let carol = app.id_of("carol").await;
    app.member("team", "carol", "guest").await;
    app.member("other", "carol", "owner").await;
    app.member("team/app", "carol", "developer").await;
    let below = json!({ "user_id": carol, "access_level": 50, "expires_at": "2026-04-01" });
    root.post("/groups/team%2Fsub/members", below).await;
    root.delete(&format!("/groups/team/members/{carol}")).await;
    insta::assert_snapshot!(app.last_audited().await, @"root member.removed team carol; below also developer in team/app, owner in team/sub");
    let event = &root.read("/groups/team/audit_events").await[0];
    let below = json!({ "total": 2, "roles": [
        { "namespace": "team/app", "access_level": "developer", "expires_at": null },
        { "namespace": "team/sub", "access_level": "owner", "expires_at": "2026-04-01" },
    ] });
    let values = &event["details"]["values"];
    assert_eq!(
        (&values["access_level"], &values["below"]),
        (&json!("guest"), &below)
    );
    assert_eq!(listed(&root, "/groups/other/members").await, "carol:50");
}
