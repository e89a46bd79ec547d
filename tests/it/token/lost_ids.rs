//! Ids of tokens that were lost when the database went back, and which tokens of others have got.

use chrono::Duration;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use secrecy::ExposeSecret;
use secrecy::SecretString;
use tempfile::TempDir;

use crate::harness::TestApp;

/// The service, and a connection of somebody who puts other rows into its database.
struct Scene {
    app: TestApp,
    database: DatabaseConnection,
    _folder: TempDir,
}

impl Scene {
    async fn open() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite://{}/ids.db?mode=rwc", folder.path().display());
        let url = SecretString::from(url);
        let app = Box::pin(TestApp::on(&url, |_| {})).await;
        app.user("alice").await;
        app.user("bob").await;
        Self {
            app,
            database: Database::connect(url.expose_secret()).await.unwrap(),
            _folder: folder,
        }
    }

    /// Gives the id of the first row of a table to the second one. When that one was used last is told.
    async fn lose_the_first(&self, table: &str) -> impl AsyncFn() -> Option<String> {
        for statement in [
            format!("DELETE FROM {table} WHERE id = 1"),
            format!("UPDATE {table} SET id = 1 WHERE id = 2"),
        ] {
            let lost = self.database.execute_unprepared(&statement).await.unwrap();
            assert_eq!(lost.rows_affected(), 1, "{statement}");
        }
        let (question, database) = (
            format!("SELECT CAST(last_used_at AS TEXT) AS used FROM {table}"),
            self.database.clone(),
        );
        async move || {
            let question = Statement::from_string(DbBackend::Sqlite, question.clone());
            let row = database.query_one_raw(question).await.unwrap().unwrap();
            row.try_get("", "used").unwrap()
        }
    }
}

#[tokio::test]
async fn a_use_is_not_written_to_another_token_that_has_the_id() {
    let scene = Scene::open().await;
    let (alice, _bob) = (
        scene.app.actor("alice", "read_registry").await,
        scene.app.actor("bob", "read_registry").await,
    );
    assert_eq!(alice.ask(&[]).await.status, 200);
    let used = scene.lose_the_first("personal_access_tokens").await;
    scene.app.usage.write_all().await.unwrap();
    assert_eq!(used().await, None);
}

#[tokio::test]
async fn a_use_is_not_written_to_another_refresh_token_that_has_the_id() {
    let scene = Scene::open().await;
    let path = "/jwt/auth?service=container_registry&offline_token=true";
    let mut secrets = Vec::new();
    for user in ["alice", "bob"] {
        let reply = scene.app.login(user).ask_at(path).await.json();
        secrets.push(reply["refresh_token"].as_str().unwrap().to_owned());
    }
    scene.app.clock.advance(Duration::hours(1));
    let alice = scene.app.caller("alice", &secrets[0]);
    assert_eq!(alice.ask_at(path).await.status, 200);
    let used = scene.lose_the_first("refresh_tokens").await;
    let before = used().await;
    let admission = &scene.app.service.issuer.admission;
    admission.refresh_token_uses.write().await.unwrap();
    assert_eq!(used().await, before);
}
