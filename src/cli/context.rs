//! The context of a command: its configuration, its output, and the desk.

use std::path::PathBuf;

use crate::app::Desk;
use crate::cli::output::Output;
use crate::config::{Config, Sources};
use crate::domain::authority::Authority;
use crate::domain::ids::UserId;
use crate::domain::users::username::Username;
use crate::server;

/// The configuration and the output.
#[derive(Debug)]
pub(super) struct Context<'a> {
    pub(super) config: Config,
    pub(super) output: &'a Output,
}

impl<'a> Context<'a> {
    /// Reads the configuration from file and environment.
    pub(super) fn load(file: Option<PathBuf>, output: &'a Output) -> anyhow::Result<Self> {
        let config = Config::load(&Sources::from_process(file)?)?;
        Ok(Self { config, output })
    }

    /// The address of the pages and the API, without a slash at its end.
    pub(super) fn base(&self) -> String {
        self.config.admin.public_url.join("")
    }

    /// The desk on the database, whose schema must be there.
    pub(super) async fn desk(&self) -> anyhow::Result<Desk> {
        server::open_desk(&self.config).await
    }
}

/// The id of the user with that name.
pub(super) async fn user_id(desk: &Desk, name: Username) -> anyhow::Result<UserId> {
    let user = desk.user(&Authority::operator(), &name.into()).await?;
    Ok(user.user().id)
}
