//! What the service is about: values and decisions, with no I/O, no clock and no async.
//!
//! Start with [`decision`]: the one function that decides.

pub mod access_level;
pub mod action;
pub mod association;
pub mod audit;
pub mod authority;
pub mod claims;
pub mod clock;
pub mod component;
pub mod credential;
pub mod decision;
pub mod deploy_token;
pub mod entropy;
pub mod expiry;
pub mod explanation;
pub mod filters;
pub mod ids;
pub mod key_schedule;
pub mod line;
pub mod namespace;
pub mod namespace_path;
pub mod page;
pub mod password;
pub mod pattern;
pub mod personal_access_token;
pub mod place_name;
pub mod principal;
pub mod reason;
pub mod refresh_token;
pub mod registry;
pub mod repository_name;
pub mod rights;
pub mod scope;
pub mod standing;
pub mod token_lineage;
pub mod token_policy;
pub mod token_scope;
pub mod token_usage;
pub mod user;
pub mod username;
pub mod visibility;
