//! The storage story: the same on SQLite, PostgreSQL and MySQL/MariaDB.

mod access_tokens;
mod audit_events;
mod changes;
mod cold;
mod counter;
mod dead_tokens;
mod deploy_tokens;
mod directory;
mod effort;
mod event_kinds;
mod failover;
mod foreign;
mod forgotten;
mod live_keys;
mod logins;
mod many;
mod members;
mod namespaces;
mod notices;
mod plans;
mod read_only;
mod refresh_tokens;
#[expect(dead_code, reason = "long tests use the rest")]
#[path = "../../long/harness/relay.rs"]
mod relay;
mod restorations;
mod schema;
mod searches;
mod sessions;
mod settings;
mod standbys;
mod start;
mod story;
mod two_factor;
pub(crate) mod unreachable;
mod usage;
mod users;
