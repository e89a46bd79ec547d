//! The token listener, as registries' clients meet it.

mod deploy_tokens;
mod effects;
mod every_change;
mod failed_logins;
mod forms;
mod lost_ids;
mod password_logins;
mod refresh_tokens;
mod registry;
mod stale;
mod web_pages;

use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::TestApp;

/// Alice is a developer of the group `team` and its project.
async fn start() -> TestApp {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.project("team/app", Visibility::Private).await;
    app.member("team", "alice", "developer").await;
    app
}
