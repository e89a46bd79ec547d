//! What lasts: the only module that names SeaORM; domain types go in and come out.
//!
//! Questions go to a [`Source`]; only a [`Change`] can write, and it commits nothing without its
//! audit row and its number.

mod change;
mod connect;
pub mod deploy_tokens;
mod entity;
mod error;
pub mod members;
pub mod namespace_lists;
pub mod namespaces;
mod page;
pub mod personal_access_tokens;
pub mod refresh_tokens;
pub mod rights;
mod schema;
mod source;
pub mod token_families;
pub mod token_usage;
pub mod users;

pub use change::Change;
pub use connect::Db;
pub use error::StorageError;
pub use source::Source;
