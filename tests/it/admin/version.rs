//! The version of the service.

use serde_json::json;

use crate::harness::World;

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
