//! A service on a database with many rows.

use sea_orm::{ConnectionTrait, Database};

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
