//! The database. Only this module names SeaORM; domain types go in and come out.
//!
//! Questions go to a [`Source`]. A [`Change`] commits nothing without its audit row and its number. A [`Login`] writes what belongs to
//! a login, and takes no number. What was only seen, such as uses of tokens, and notices are written straight to the [`Db`].
//!
//! Nouns have a file or a room each. Beside the nouns stand:
//!
//! - `backup`: the copy of everything that is stored, and how a database is filled from one;
//! - `changes`: changes and logins, from their turn to their commit, and how others follow them;
//! - `connections`: the database as it is opened, its pools, and the limits of every wait for it;
//! - `directory`: the answers to token requests, from copies in memory;
//! - `entity`: the tables;
//! - `error`: the errors of storage, and what can be done about them;
//! - `lists`: the pages and searches of lists, the counts of what works, and the deletion of what is old;
//! - `rights`: all that a decision needs;
//! - `schema`: the schema: its migrations, its state, and the columns that are filled after them;
//! - `source`: those whom a question can be asked, which are the database and a change under way.

pub mod access_tokens;
pub mod audit_events;
mod backup;
pub mod changes;
mod connections;
pub mod deploy_tokens;
mod directory;
mod entity;
mod error;
pub mod events;
mod installation;
mod lists;
pub mod live_keys;
pub mod members;
pub mod namespaces;
pub mod notices;
pub mod refresh_tokens;
pub mod repositories;
pub mod rights;
mod schema;
pub mod sessions;
mod source;
pub mod two_factor;
pub mod usage;
pub mod users;

pub use backup::{Restoration, RestorationError, Restored, Snapshot};
pub use changes::begin::BeginError;
pub use changes::change::{Change, Grant, GrantedEvent, Login};
pub use changes::trouble::Failing;
#[doc(hidden)]
pub use connections::bounded::Bounded;
pub use connections::db::Db;
pub use connections::file::FileState;
pub use connections::sizes::Connections;
pub use connections::timeouts::DatabaseTimeouts;
pub use directory::{CopyBounds, Directory, Look, Notifications};
pub use error::StorageError;
pub use lists::oldest::PurgePass;
pub use schema::SchemaLevel;
pub use source::{Source, Turn};
