//! The version of the service, and its settings.

use serde_json::json;

use crate::harness::{World, pretty};

/// Terraform's provider asks for it after it has made a project in a user's own namespace.
#[tokio::test]
async fn the_settings_are_told_to_administrators() {
    let World { root, alice, .. } = World::start().await;
    let settings = root.read("/application/settings").await;
    insta::assert_snapshot!(pretty(settings), @r#"
    {
      "default_branch_protection": 0,
      "default_group_visibility": "private",
      "default_project_visibility": "private",
      "gravatar_enabled": false,
      "signup_enabled": false
    }
    "#);
    let refused = alice.get("/application/settings").await.told();
    assert_eq!(refused, r#"403 {"message":"403 Forbidden"}"#);
}

#[tokio::test]
async fn the_version_is_told_to_users() {
    let World { alice, .. } = World::start().await;
    let version = alice.get("/version").await.json();
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
    let metadata = alice.read("/metadata").await;
    assert_eq!(metadata["version"], version["version"]);
    assert_eq!(
        (&metadata["enterprise"], &metadata["kas"]["enabled"]),
        (&json!(false), &json!(false))
    );
}
