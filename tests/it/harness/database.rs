//! A database of its own for a storage story, on whatever backend is asked for.

use sea_orm::{ConnectionTrait, Database};
use secrecy::SecretString;
use tempfile::TempDir;
use wharfinger::storage::Db;

use super::TestApp;

pub(crate) struct TestDatabase {
    pub(crate) db: Db,
    pub(crate) url: SecretString,
    _folder: TempDir,
}

impl TestDatabase {
    /// SQLite in a file; or, with `TEST_DATABASE_URL`, the empty database that it names, of which
    /// there is one, so that only one test of a run may use it.
    #[expect(clippy::disallowed_methods, reason = "tests/run.sh names the database")]
    pub(crate) async fn open() -> Self {
        let folder = TempDir::new().unwrap();
        let url = std::env::var("TEST_DATABASE_URL")
            .unwrap_or_else(|_| format!("sqlite://{}/story.db?mode=rwc", folder.path().display()));
        let url = SecretString::from(url);
        let db = Db::open_and_migrate(&url, 8).await.unwrap();
        Self {
            db,
            url,
            _folder: folder,
        }
    }
}

impl TestApp {
    /// Changes a row in the database itself, past the service.
    pub(crate) async fn write(&self, statement: &str) {
        let file = self.folder.path().join("test.db");
        let database = Database::connect(format!("sqlite://{}", file.display()));
        let written = database.await.unwrap().execute_unprepared(statement).await;
        assert_eq!(written.unwrap().rows_affected(), 1, "{statement}");
    }
}
