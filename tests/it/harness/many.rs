//! A service on a database with many rows.

use std::sync::Arc;

use sea_orm::{ConnectionTrait, Database};
use secrecy::SecretString;
use tempfile::TempDir;
use wharfinger::storage::Db;

use crate::made_up::fill::fill;
use crate::made_up::world::World;

use super::{Caller, TestApp};

impl TestApp {
    /// A service with that many tokens, a tenth as many projects, and so on; and the administrator among them.
    pub(crate) async fn with_tokens(tokens: u64) -> (Self, Caller) {
        let app = Self::start().await;
        let url = format!("sqlite://{}/test.db", app.folder.path().display());
        fill(&url, &World::with(tokens)).await.unwrap();
        let administrator = app.made_up_caller("seed-admin", 0);
        (app, administrator)
    }

    /// A service on the database at an address, which `prepare` gets first.
    pub(crate) async fn on(url: &SecretString, prepare: impl FnOnce(&mut Db)) -> Self {
        Self::on_with(url, "", prepare).await
    }

    /// The same with lines of configuration.
    pub(crate) async fn on_with(
        url: &SecretString,
        configuration: &str,
        prepare: impl FnOnce(&mut Db),
    ) -> Self {
        let folder = Arc::new(TempDir::new().unwrap());
        let mut db = Db::open_and_migrate(url, 4).await.unwrap();
        prepare(&mut db);
        Self::serve(folder, configuration, db, (Arc::default(), Arc::default()))
    }

    /// Changes rows in a way that the service has not.
    pub(crate) async fn execute(&self, statement: &str) {
        let url = format!("sqlite://{}/test.db", self.folder.path().display());
        let rows = Database::connect(url).await.unwrap();
        rows.execute_unprepared(statement).await.unwrap();
        rows.close().await.unwrap();
    }

    /// The owner of a made-up token.
    pub(crate) fn made_up_caller(&self, name: &str, token: u64) -> Caller {
        self.caller(name, World::secret(token).expose())
    }
}
