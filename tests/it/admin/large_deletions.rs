//! Deletions of what has much below it: each is one change, with statements that are short.

use std::sync::{Arc, Mutex};

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use serde_json::json;
use tempfile::TempDir;
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{Actor, TestApp};

/// The projects, and the tokens, are doubled as often as that.
const DOUBLINGS: u32 = 13;
/// The number of them.
const MANY: usize = 1 << DOUBLINGS;

/// A service whose statements are seen, and an administrator.
struct Scene {
    app: TestApp,
    root: Actor,
    rows: DatabaseConnection,
    sent: Arc<Mutex<Vec<Statement>>>,
    _folder: TempDir,
}

impl Scene {
    async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite://{}/large.db?mode=rwc", folder.path().display());
        let sent = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&sent);
        let prepare = |db: &mut wharfinger::storage::Db| {
            db.watch(move |statement| seen.lock().unwrap().push(statement.clone()));
        };
        let app = Box::pin(TestApp::on(&url.as_str().into(), prepare)).await;
        app.administrator("root").await;
        app.user("alice").await;
        Self {
            root: app.actor("root", "api").await,
            app,
            rows: Database::connect(url).await.unwrap(),
            sent,
            _folder: folder,
        }
    }

    async fn execute(&self, statement: &str) {
        self.rows.execute_unprepared(statement).await.unwrap();
    }

    /// Makes many projects out of those below `place`.
    async fn many_projects(&self, place: &str) {
        let columns = "kind, visibility, parent_id, created_at";
        for doubling in 0..DOUBLINGS {
            self.execute(&format!(
                "INSERT INTO namespaces (path, {columns}) SELECT path || '-{doubling}', {columns} FROM namespaces \
                 WHERE path LIKE '{place}/%' AND kind = 'project'"
            ))
            .await;
        }
    }

    /// The statements that a deletion sends.
    async fn delete(&self, path: &str) -> Vec<Statement> {
        self.sent.lock().unwrap().clear();
        let reply = self.root.call("DELETE", path, json!(null)).await;
        assert!(reply.status.is_success(), "{}", reply.body);
        std::mem::take(&mut *self.sent.lock().unwrap())
    }

    /// The number of rows.
    async fn count(&self, of: &str) -> i64 {
        let asked = Statement::from_string(
            self.rows.get_database_backend(),
            format!("SELECT count(*) FROM {of}"),
        );
        let row = self.rows.query_one_raw(asked).await.unwrap().unwrap();
        row.try_get_by_index(0).unwrap()
    }
}

#[tokio::test]
async fn a_group_with_many_projects_is_deleted_without_looking_below_these() {
    let scene = Scene::start().await;
    let app = &scene.app;
    for group in ["mass", "mass/sub", "mass/sub/deep"] {
        app.group(group, Visibility::Public).await;
    }
    app.project("mass/p", Visibility::Public).await;
    app.project("mass/sub/deep/q", Visibility::Public).await;
    scene.many_projects("mass").await;
    app.member("mass/sub/deep", "alice", "developer").await;
    let machine = app.machine("mass/sub/deep/q", "read_registry").await;
    let pull = "repository:mass/sub/deep/q:pull";
    assert_eq!(machine.ask(&[pull]).await.granted(&app.keys), [pull]);
    let sent = scene.delete("/groups/mass").await;
    let below = sent.iter().filter(|statement| {
        let sql = statement.sql.to_lowercase();
        sql.starts_with("select") && sql.contains(r#""parent_id" in"#)
    });
    // Two levels of groups, and the projects of the last.
    assert_eq!(below.count(), 3);
    let living = "namespaces WHERE deleted_at IS NULL AND path LIKE 'mass%'";
    assert_eq!(scene.count(living).await, 0);
    let open = "namespaces WHERE visibility <> 'private' AND path LIKE 'mass%'";
    assert_eq!(scene.count(open).await, 0);
    assert_eq!(scene.count("members WHERE user_id = 2").await, 0);
    assert_eq!(machine.ask(&[pull]).await.status, 401);
}

#[tokio::test]
async fn the_tokens_of_a_user_are_deleted_some_at_a_time() {
    let scene = Scene::start().await;
    let alice = scene.app.actor("alice", "read_api").await;
    let expired = scene.app.actor("alice", "read_api").await;
    let columns = "user_id, name, scopes, repositories, created_at";
    for doubling in 0..DOUBLINGS {
        scene
            .execute(&format!(
                "INSERT INTO personal_access_tokens ({columns}, digest, expires_at) \
                 SELECT {columns}, randomblob(32), '2025-01-0{} 00:00:00' FROM personal_access_tokens WHERE user_id = 2",
                1 + doubling % 9
            ))
            .await;
    }
    scene.app.revoke(&expired).await;
    let sent = scene.delete("/users/2").await;
    let of_tokens = |verb: &str| {
        let all = sent.iter().map(|statement| statement.sql.to_lowercase());
        let some =
            all.filter(|sql| sql.starts_with(verb) && sql.contains("personal_access_tokens"));
        some.collect::<Vec<_>>()
    };
    assert!(of_tokens("delete").len() >= 2 * MANY / 1000, "short ones");
    let is_whole = |sql: &String| {
        let begin = r#"select "personal_access_tokens""#;
        sql.starts_with(begin) && sql.contains(r#""digest""#) && sql.contains(r#""user_id" ="#)
    };
    let whole = of_tokens("select").into_iter().find(is_whole);
    assert_eq!(whole, None, "of the tokens nothing but their ids is read");
    assert_eq!(
        scene
            .count("personal_access_tokens WHERE user_id = 2")
            .await,
        0
    );
    assert_eq!(alice.get("/user").await.status, 401);
    let events = scene.root.read("/audit_events?action=user.deleted").await;
    assert!(events[0].to_string().contains(&alice.token_id.to_string()));
}
