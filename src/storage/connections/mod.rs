//! The connections to the database: how they are opened, kept, bounded and counted. [`Db`](db::Db) has them all.

pub(super) mod bounded;
mod connected;
pub(super) mod db;
pub(super) mod file;
mod kept;
mod link_files;
mod opening;
mod pool_numbers;
pub(super) mod pools;
mod server;
mod session_settings;
pub(super) mod sizes;
mod sqlite;
pub(super) mod timeouts;
