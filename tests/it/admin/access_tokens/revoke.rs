//! Ending tokens.

use axum::http::StatusCode;

use crate::harness::World;

#[tokio::test]
async fn a_token_can_look_at_itself_and_end_itself() {
    let World { app, .. } = World::start().await;
    let token = app.actor("alice", "write_registry").await;
    let own = token.get("/personal_access_tokens/self").await.json();
    assert_eq!(own["id"], token.id.0);
    let ended = token.delete("/personal_access_tokens/self").await;
    assert_eq!(
        (ended.status, ended.body.as_str()),
        (StatusCode::NO_CONTENT, "")
    );
    let again = token.delete("/personal_access_tokens/self").await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn revoking_again_is_no_error() {
    let World { root, alice, .. } = World::start().await;
    let path = alice.token_path();
    for _ in 0..2 {
        assert_eq!(root.delete(&path).await.status, StatusCode::NO_CONTENT);
    }
}
