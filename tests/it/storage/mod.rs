//! The storage story: the same on SQLite, PostgreSQL and MySQL/MariaDB.

mod access_tokens;
mod audit_events;
mod changes;
mod deploy_tokens;
mod directory;
mod effort;
mod many;
mod members;
mod namespaces;
mod notices;
mod plans;
mod read_only;
mod refresh_tokens;
mod schema;
mod sessions;
mod story;
mod two_factor;
mod unreachable;
mod usage;
mod users;
