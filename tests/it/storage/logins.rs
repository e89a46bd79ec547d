//! Logins by password while no change can be made.

use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::sleep;
use wharfinger::domain::ids::UserId;
use wharfinger::domain::users::UserState;
use wharfinger::storage::{Db, users};

use super::story::begin;
use crate::harness::TestApp;

/// What `docker login` asks for.
const DOCKER_LOGIN: &str =
    "/jwt/auth?account=patient&client_id=docker&offline_token=true&service=container_registry";
/// Administrators' changes that wait at the same time.
const CHANGES: usize = 8;
/// The time after which a change that waits fails.
const WAIT_OF_CHANGES: Duration = Duration::from_secs(2);
/// The first change fails after that, and 3 s later the service is not ready; on a loaded machine.
const UNREADY: Duration = Duration::from_secs(7);

/// A command is stopped in the middle of its change, so that none of the service's can be made: people log in all the same, but for
/// the one whom it changes, and their logins do not hide it from `/readyz`. SQLite has one writer at a time, also for logins.
pub(super) async fn changes_that_cannot_be_made_hold_up_no_logins(url: &SecretString) {
    if url.expose_secret().starts_with("sqlite") {
        return;
    }
    let app = TestApp::on(url, |_| ()).await;
    app.administrator("impatient").await;
    app.user("patient").await;
    let root = app.actor("impatient", "api").await;
    app.user("locked").await;
    let locked = UserId(app.id_of("locked").await);
    let command = Db::open(url, 2).await.unwrap();
    let stopped = begin(&command).await;
    users::set_state(&stopped, locked, UserState::Blocked)
        .await
        .unwrap();
    let began = Instant::now();
    let mut changes = JoinSet::new();
    for number in 0..CHANGES {
        let root = root.clone();
        changes.spawn(async move {
            let path = format!("waits-{number}");
            let group = json!({ "name": path, "path": path });
            root.post("/groups", group).await.status.as_u16()
        });
    }
    // More than there are connections for logins; each gives up after a while, and comes again.
    let mut logins = JoinSet::new();
    for _ in 0..CHANGES {
        let locked = app.login("locked");
        logins.spawn(async move {
            while began.elapsed() < UNREADY {
                assert_eq!(locked.ask_at(DOCKER_LOGIN).await.status, 503);
            }
        });
    }
    while began.elapsed() < UNREADY {
        sleep(Duration::from_millis(200)).await;
        let asked = Instant::now();
        let login = app.login("patient").ask_at(DOCKER_LOGIN).await;
        let took = asked.elapsed();
        assert_eq!(login.status, 200, "{took:?}: {}", login.body);
        assert!(login.json()["refresh_token"].is_string());
        assert!(took < WAIT_OF_CHANGES, "{took:?}");
    }
    let told = app.ops("/readyz").await;
    assert_eq!(told.status, 503, "{}", told.body);
    let changes_fail = told.json()["checks"]["changes"].to_string();
    assert!(
        changes_fail.contains("no change can be made"),
        "{changes_fail}"
    );
    assert_eq!(app.get_admin("/readyz").await.status, 503);
    assert_eq!(app.anonymous().ask_at("/readyz").await.status, 200);
    logins.join_all().await;
    drop(stopped);
    let refused = changes.join_all().await;
    assert!(refused.contains(&503), "{refused:?}");
    let group = json!({ "name": "at-last", "path": "at-last" });
    assert_eq!(root.post("/groups", group).await.status, 201);
    assert_eq!(app.ops("/readyz").await.status, 200);
    let user = format!("/users/{}", app.id_of("patient").await);
    let deleted = root.delete(&user).await;
    assert_eq!(
        deleted.status, 204,
        "with the refresh tokens: {}",
        deleted.body
    );
    command.close().await.unwrap();
}
