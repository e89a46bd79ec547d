//! A database of its own for a storage story, on whatever backend is asked for.

use std::io::Write;

use sea_orm::{ConnectionTrait, Database};
use secrecy::SecretString;
use tempfile::TempDir;
use wharfinger::storage::Db;

use super::TestApp;

/// The database that a variable of `tests/run.sh` names, if it names one. The kind is told, although the test may succeed: nobody is to take
/// a run on SQLite for one on a server.
#[expect(clippy::disallowed_methods, reason = "tests/run.sh names the database")]
pub(crate) fn named_database(variable: &str) -> Option<String> {
    let url = std::env::var(variable).ok().filter(|url| !url.is_empty());
    let (kind, _) = url.as_deref().unwrap_or("sqlite:").split_once(':').unwrap();
    let told = format!("{variable} leads to {kind}\n");
    std::io::stderr().write_all(told.as_bytes()).unwrap();
    url
}

pub(crate) struct TestDatabase {
    pub(crate) db: Db,
    pub(crate) url: SecretString,
    _folder: TempDir,
}

impl TestDatabase {
    /// SQLite in a file; or, with `TEST_DATABASE_URL`, the empty database that it names, of which
    /// there is one, so that only one test of a run may use it.
    pub(crate) async fn open() -> Self {
        let folder = TempDir::new().unwrap();
        let file = format!("sqlite://{}/story.db?mode=rwc", folder.path().display());
        let url = named_database("TEST_DATABASE_URL").unwrap_or(file);
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
