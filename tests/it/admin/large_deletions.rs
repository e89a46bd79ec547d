//! Changes of what has much below it, most of them deletions: each is one change, with statements that are short.

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
/// The most values that a statement has, beside those that it writes.
const AT_A_TIME: usize = 5000;

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
        let fresh = ("path", "path || '-{doubling}'");
        let below = format!("path LIKE '{place}/%' AND kind = 'project'");
        self.double("namespaces", columns, fresh, &below).await;
    }

    /// Doubles the rows of a table that fulfil a condition; `columns` are copied, and `fresh` are made for each.
    async fn double(&self, table: &str, columns: &str, (fresh, made): (&str, &str), which: &str) {
        for doubling in 0..DOUBLINGS {
            let made = made.replace("{doubling}", &doubling.to_string());
            self.execute(&format!(
                "INSERT INTO {table} ({columns}, {fresh}) SELECT {columns}, {made} FROM {table} WHERE {which}"
            ))
            .await;
        }
    }

    /// The statements that a deletion sends.
    async fn delete(&self, path: &str) -> Vec<Statement> {
        self.call("DELETE", path).await
    }

    /// The statements that a call sends.
    async fn call(&self, method: &str, path: &str) -> Vec<Statement> {
        self.sent.lock().unwrap().clear();
        let reply = self.root.call(method, path, json!(null)).await;
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

/// The number of the statements that begin like this; each names its rows by their ids, and not too many.
fn short_ones(sent: &[Statement], begin: &str) -> usize {
    let all = sent
        .iter()
        .filter(|one| one.sql.to_lowercase().starts_with(begin));
    let found: Vec<&Statement> = all.collect();
    for one in &found {
        let values = one.values.as_ref().map_or(0, |values| values.0.len());
        let is_short = values <= AT_A_TIME + 2 && one.sql.contains(r#""id" IN ("#);
        let sql: String = one.sql.chars().take(300).collect();
        assert!(is_short, "{values} values in {sql}");
    }
    found.len()
}

#[tokio::test]
async fn what_a_token_made_is_handed_over_some_at_a_time_and_the_dead_are_left_alone() {
    let scene = Scene::start().await;
    let maker = scene.root.token_id;
    let wanted = json!({ "name": "made", "scopes": ["read_registry"] });
    let made = scene.root.post("/user/personal_access_tokens", wanted);
    assert_eq!(made.await.status, 201);
    let columns = "user_id, name, scopes, repositories, created_at, maker_id";
    let fresh = (
        "digest, expires_at",
        "randomblob(32), '2025-01-01 00:00:00'",
    );
    let made = format!("maker_id = {maker}");
    let table = "personal_access_tokens";
    scene.double(table, columns, fresh, &made).await;
    let dead = format!(
        "UPDATE {table} SET revoked_at = '2026-01-01 00:00:00' WHERE {made} AND id % 4 = 0"
    );
    scene.execute(&dead).await;
    let rotate = format!("/{table}/{maker}/rotate");
    let sent = scene.call("POST", &rotate).await;
    let begin = r#"update "personal_access_tokens" set "maker_id" ="#;
    assert_eq!(short_ones(&sent, begin), 2);
    let quarter = i64::try_from(MANY / 4).unwrap();
    let still = format!("{table} WHERE {made}");
    assert_eq!(scene.count(&still).await, quarter, "of the dead ones");
    let handed = format!("{table} WHERE maker_id > {maker} AND revoked_at IS NULL");
    assert_eq!(scene.count(&handed).await, 3 * quarter);
}

#[tokio::test]
async fn the_deploy_tokens_and_members_of_a_group_end_some_at_a_time() {
    let scene = Scene::start().await;
    scene.app.group("mass", Visibility::Private).await;
    scene.app.machine("mass", "read_registry").await;
    let columns = "namespace_id, name, username, scopes, created_at";
    let fresh = (
        "digest, expires_at",
        "randomblob(32), '2025-01-01 00:00:00'",
    );
    scene.double("deploy_tokens", columns, fresh, "true").await;
    let columns =
        "name, password_is_temporary, admin, external, state, created_at, folded, two_factor";
    let fresh = ("username", "username || '-{doubling}'");
    let alices = "username LIKE 'alice%'";
    scene.double("users", columns, fresh, alices).await;
    let group = scene.app.id_at("mass").await;
    let roles = format!(
        "INSERT INTO members (namespace_id, user_id, access_level, created_at) \
         SELECT {group}, id, 20, created_at FROM users WHERE {alices}"
    );
    scene.execute(&roles).await;
    let sent = scene.delete("/groups/mass").await;
    assert_eq!(short_ones(&sent, r#"update "deploy_tokens""#), 2);
    assert_eq!(short_ones(&sent, r#"delete from "members""#), 2);
    let left = "deploy_tokens WHERE revoked_at IS NULL";
    assert_eq!(scene.count(left).await, 0);
    assert_eq!(scene.count("members").await, 0);
}

#[tokio::test]
async fn the_roles_of_a_user_end_some_at_a_time() {
    let scene = Scene::start().await;
    scene.app.project("mass/p", Visibility::Private).await;
    scene.many_projects("mass").await;
    let roles = "INSERT INTO members (namespace_id, user_id, access_level, created_at) \
         SELECT id, 2, 20, created_at FROM namespaces WHERE kind = 'project'";
    scene.execute(roles).await;
    let sent = scene.delete("/users/2").await;
    assert_eq!(short_ones(&sent, r#"delete from "members""#), 2);
    assert_eq!(scene.count("members").await, 0);
}
