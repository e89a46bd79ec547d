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
