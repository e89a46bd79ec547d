//! Lists of any length in what a caller sends do not make as many texts of SQL: each connection keeps those that it has seen.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{Actor, TestApp};

/// A service whose statements are seen, and an administrator.
struct Stage {
    app: TestApp,
    root: Actor,
    sent: Arc<Mutex<BTreeSet<String>>>,
    _folder: TempDir,
}

impl Stage {
    async fn set() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite://{}/texts.db?mode=rwc", folder.path().display());
        let sent = Arc::new(Mutex::new(BTreeSet::new()));
        let seen = Arc::clone(&sent);
        let prepare = |db: &mut wharfinger::storage::Db| {
            db.watch(move |statement| {
                seen.lock().unwrap().insert(statement.sql.clone());
            });
        };
        let app = Box::pin(TestApp::on(&url.as_str().into(), prepare)).await;
        app.administrator("root").await;
        for number in 0..9 {
            let (path, user) = (format!("team/p{number}"), format!("user-{number}"));
            app.project(&path, Visibility::Private).await;
            app.user(&user).await;
            app.member("team", &user, "reporter").await;
            app.member(&path, "user-0", "reporter").await;
            app.machine(&path, "read_registry").await;
        }
        Self {
            root: app.actor("root", "api").await,
            app,
            sent,
            _folder: folder,
        }
    }

    /// Forgets what was sent.
    fn clear(&self) {
        self.sent.lock().unwrap().clear();
    }

    /// The texts since then that differ from another one in the length of a list only.
    fn varied(&self) -> Vec<String> {
        let sent = std::mem::take(&mut *self.sent.lock().unwrap());
        assert!(
            sent.iter().any(|text| text.contains("IN (?, ?")),
            "{sent:#?}"
        );
        let mut known = BTreeSet::new();
        let again = |text: &String| !known.insert(text.replace("?, ", ""));
        sent.into_iter().filter(again).collect()
    }
}

#[tokio::test]
async fn lists_of_ids_in_filters_have_few_texts() {
    let stage = Stage::set().await;
    for filter in [
        "/groups?skip_groups",
        "/groups/team/subgroups?skip_groups",
        "/groups/team/members?user_ids",
        "/groups/team/members?skip_users",
        "/groups/team/members/all?skip_users",
    ] {
        for lengths in [5..=8, 33..=64] {
            stage.clear();
            for length in lengths {
                let ids: Vec<String> = (0..length).map(|id| (700 + id).to_string()).collect();
                stage
                    .root
                    .read(&format!("{filter}={}", ids.join(",")))
                    .await;
            }
            assert_eq!(stage.varied(), Vec::<String>::new(), "{filter}");
        }
    }
}

#[tokio::test]
async fn lists_of_ids_still_leave_out_and_let_through_what_they_name() {
    let stage = Stage::set().await;
    let ids = async |users: &[&str]| {
        let mut ids = Vec::new();
        for user in users {
            ids.push(stage.app.id_of(user).await.to_string());
        }
        ids.join(",")
    };
    let three = ids(&["user-1", "user-2", "user-4"]).await;
    for (filter, expected) in [
        ("user_ids", "user-1 user-2 user-4"),
        ("skip_users", "user-0 user-3 user-5 user-6 user-7 user-8"),
    ] {
        let list = format!("/groups/team/members?{filter}={three}");
        assert_eq!(stage.root.found(&list, "username").await, expected);
    }
    for path in ["a", "b", "c", "d"] {
        stage.app.group(path, Visibility::Private).await;
    }
    let mut skipped = Vec::new();
    for path in ["team", "b", "c"] {
        skipped.push(stage.app.id_at(path).await.to_string());
    }
    let list = format!("/groups?skip_groups={}", skipped.join(","));
    assert_eq!(stage.root.found(&list, "path").await, "a d");
}

#[tokio::test]
async fn pages_of_any_size_have_few_texts() {
    let stage = Stage::set().await;
    let user = stage.app.id_of("user-0").await;
    for list in [
        "/groups/team/members",
        "/deploy_tokens",
        &format!("/users/{user}/memberships"),
    ] {
        stage.clear();
        for size in 5..=8 {
            stage.root.read(&format!("{list}?per_page={size}")).await;
        }
        assert_eq!(stage.varied(), Vec::<String>::new(), "{list}");
    }
}

#[tokio::test]
async fn token_requests_for_any_number_of_repositories_have_few_texts() {
    let stage = Stage::set().await;
    stage.clear();
    // With the group that all are in: five paths, and eight; nothing is known of any of them.
    for (user, group, number) in [("user-5", "one", 4), ("user-6", "two", 7)] {
        let scopes: Vec<String> = (0..number)
            .map(|one| format!("repository:{group}/p{one}:pull"))
            .collect();
        let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
        let user = stage.app.actor(user, "read_registry").await;
        assert_eq!(user.ask(&scopes).await.status, 200);
    }
    assert_eq!(stage.varied(), Vec::<String>::new());
}
