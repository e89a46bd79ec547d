//! The composition root: the only module that uses all others, to put the service together.

mod background;
mod backup;
mod descriptors;
mod follow;
mod frames;
mod keys;
mod lifecycle;
mod listener;
mod log_queue;
mod migrations;
mod notices;
mod open;
mod readings;
mod repeated_step;
mod serve;
mod service;
mod telemetry;
mod tls;
mod traces;
mod unbroken;
mod welcome;
mod wiring;
mod world;

use std::sync::Arc;

pub use backup::{BackupChoice, RestoredBackup, back_up, restore};
pub use keys::{create_keys, open_keys, renew_authority, replacement_question, rotate_keys};
pub use migrations::{FoundState, migrate, must_not_be_half_restored, state};
pub use serve::serve;
pub use service::Service;
pub use telemetry::tell_of_command;
pub use world::{SystemClock, SystemEntropy};

use crate::app::Desk;
use crate::config::Config;
use crate::domain::clock::Clock;
use crate::domain::entropy::Entropy;
use crate::server::wiring::{connections, desk, passwords};
use crate::storage::Db;

/// The desk for the command line, on a database whose schema is there. What it changed in one that is to be restored would be in
/// the way of that.
pub async fn open_desk(config: &Config) -> anyhow::Result<Desk> {
    must_not_be_half_restored(config).await?;
    let db = Db::open(&config.database.url, connections(config)).await?;
    let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) =
        (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let passwords = passwords(config, Arc::clone(&entropy))?;
    Ok(desk(config, (db, clock, entropy), passwords))
}
