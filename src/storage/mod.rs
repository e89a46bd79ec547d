//! The database. Only this module names SeaORM; domain types go in and come out.
//!
//! Questions go to a [`Source`]. A [`Change`] commits nothing without its audit row and its number. A [`Login`] writes what belongs to
//! a login, and takes no number. What was only seen, such as uses of tokens, and notices are written straight to the [`Db`].

pub mod access_tokens;
pub mod audit_events;
mod backup;
mod begin;
mod bounded;
mod candidates;
mod change;
mod connect;
mod connected;
mod connections;
mod counter;
pub mod deploy_tokens;
mod directory;
mod entity;
mod error;
pub mod events;
mod file;
mod fold;
pub mod follow;
mod foreign;
mod installation;
mod kept;
pub mod known_repositories;
mod letter_pairs;
mod login_turns;
pub mod members;
pub mod namespaces;
pub mod notices;
mod oldest;
mod opening;
mod page;
mod pool_numbers;
mod pooler;
mod pools;
mod position;
mod recorder;
pub mod refresh_tokens;
mod refused_rows;
pub mod registry;
pub mod repositories;
mod schema;
mod schema_status;
mod server;
pub mod sessions;
mod source;
mod sqlite;
mod timeouts;
mod trouble;
pub mod two_factor;
pub mod usage;
pub mod users;
mod working;

pub use backup::{Restoration, RestorationError, Restored, Snapshot};
pub use begin::BeginError;
#[doc(hidden)]
pub use bounded::Bounded;
pub use change::{Change, Grant, GrantedEvent, Login};
pub use connect::Db;
pub use connections::Connections;
pub use directory::{CopyBounds, Directory, Look, Notifications};
pub use error::StorageError;
pub use file::FileState;
pub use oldest::PurgePass;
pub use schema::SchemaLevel;
pub use source::{Source, Turn};
pub use timeouts::DatabaseTimeouts;
pub use trouble::Failing;
