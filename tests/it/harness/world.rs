//! The world that most tests begin with.

use super::{Actor, TestApp};

/// An administrator and a user, each with a token that may do what they may.
pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) root: Actor,
    pub(crate) alice: Actor,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::start_with("").await
    }

    /// Starts with lines of configuration.
    pub(crate) async fn start_with(configuration: &str) -> Self {
        let app = Box::pin(TestApp::start_with(configuration)).await;
        Box::pin(app.administrator("root")).await;
        Box::pin(app.user("alice")).await;
        Self {
            root: Box::pin(app.actor("root", "api")).await,
            alice: Box::pin(app.actor("alice", "api")).await,
            app,
        }
    }
}
