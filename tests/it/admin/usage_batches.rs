//! Usage that is written down in batches: what a batch asks, and what one entry does to the others.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use tempfile::TempDir;
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{TestApp, World};

/// The questions for the rows of owners since the last time: of groups, by their deploy tokens, and of users.
#[derive(Clone, Default)]
struct Asked {
    groups: Arc<AtomicUsize>,
    users: Arc<AtomicUsize>,
}

impl Asked {
    fn note(&self, statement: &str) {
        let sql = statement.to_lowercase().replace('"', "");
        if !sql.starts_with("select count") || !sql.contains("from usage_days") {
            return;
        }
        if sql.contains("from namespaces") {
            self.groups.fetch_add(1, Ordering::SeqCst);
        } else if sql.contains("where usage_days.user_id") {
            self.users.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn take(&self) -> (usize, usize) {
        let take = |number: &AtomicUsize| number.swap(0, Ordering::SeqCst);
        (take(&self.groups), take(&self.users))
    }
}

#[tokio::test]
async fn a_batch_asks_once_for_the_rows_of_each_owner() {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}/batches.db?mode=rwc", folder.path().display()).into();
    let asked = Asked::default();
    let watcher = asked.clone();
    let prepare = |db: &mut wharfinger::storage::Db| {
        db.watch(move |statement| watcher.note(&statement.sql));
    };
    let app = Box::pin(TestApp::on(&url, prepare)).await;
    app.user("alice").await;
    for path in ["company/app", "company/team/lib"] {
        app.project(path, Visibility::Private).await;
    }
    app.member("company", "alice", "developer").await;
    for number in 0..12 {
        let place = ["company/app", "company/team/lib"][number % 2];
        let scope = format!("repository:{place}/x{number}:push");
        let machine = app.machine(place, "write_registry").await;
        assert_eq!(machine.ask(&[&scope]).await.status, 200);
        let mine = app.actor("alice", "write_registry").await;
        assert_eq!(mine.ask(&[&scope]).await.status, 200);
    }
    app.service.counter.write_all().await.unwrap();
    assert_eq!(asked.take(), (1, 1), "one group, one user");
}

#[tokio::test]
async fn an_entry_that_cannot_be_written_holds_up_no_other_for_long() {
    let World { app, root, alice } = World::start().await;
    for path in ["first/app", "team/app"] {
        app.project(path, Visibility::Private).await;
    }
    app.member("team", "alice", "developer").await;
    app.member("first", "alice", "developer").await;
    let stuck = app.machine("first/app", "write_registry").await;
    let also_stuck = app.machine("first/app", "write_registry").await;
    let behind = app.machine("team/app", "write_registry").await;
    app.execute(&format!(
        "CREATE TRIGGER stuck BEFORE INSERT ON usage_days \
         WHEN NEW.credential = 'deploy_token' AND NEW.credential_id IN ({}, {}) \
         BEGIN SELECT RAISE(ABORT, 'stuck'); END",
        stuck.token_id, also_stuck.token_id
    ))
    .await;
    for machine in [&stuck, &also_stuck] {
        machine.ask(&["repository:first/app/x:push"]).await;
    }
    behind.ask(&["repository:team/app/x:push"]).await;
    for _ in ["the first try", "the second"] {
        assert!(app.service.counter.write_all().await.is_err());
    }
    let pushes = async || root.read("/usage?by=day").await[0]["pushes"].clone();
    assert_eq!(pushes().await, json!(1), "those behind are written");
    // And what comes later is.
    alice.ask(&["repository:team/app/y:push"]).await;
    behind.ask(&["repository:team/app/y:push"]).await;
    assert!(app.service.counter.write_all().await.is_err());
    assert_eq!(pushes().await, json!(3));
    app.execute("DROP TRIGGER stuck").await;
    app.service.counter.write_all().await.unwrap();
    assert_eq!(pushes().await, json!(5), "nothing is lost");
}

#[tokio::test]
async fn a_repository_whose_last_use_cannot_be_noted_holds_up_no_count() {
    let World { app, root, alice } = World::start().await;
    app.project("team/app", Visibility::Private).await;
    app.member("team", "alice", "developer").await;
    alice.ask(&["repository:team/app/x:push"]).await;
    app.service.counter.write_all().await.unwrap();
    app.execute(
        "CREATE TRIGGER stuck BEFORE UPDATE ON repositories BEGIN SELECT RAISE(ABORT, 'stuck'); END",
    )
    .await;
    app.clock.advance(chrono::Duration::minutes(1));
    for path in ["x", "y"] {
        let scope = format!("repository:team/app/{path}:push");
        alice.ask(&[&scope]).await;
    }
    assert!(app.service.counter.write_all().await.is_err(), "it is told");
    assert_eq!(
        root.read("/usage?by=day").await[0]["pushes"],
        3,
        "and nothing waits for it"
    );
}
