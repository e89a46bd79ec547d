//! The values of the service and the decisions about them, without I/O, clock or async.
//!
//! Begin with [`decision`], which has the one function that decides.

pub mod access_tokens;
pub mod authority;
pub mod backup;
pub mod client_network;
pub mod clock;
pub mod database_url;
pub mod decision;
pub mod deploy_tokens;
pub mod entropy;
pub mod events;
pub mod expiry;
pub mod failed_logins;
pub mod ids;
pub mod json;
pub mod key_schedule;
pub mod letter_pairs;
pub mod live_keys;
pub mod members;
pub mod moment;
pub mod namespaces;
pub mod notices;
pub mod numbers;
pub mod page;
pub mod pem;
pub mod refresh_tokens;
pub mod registry;
pub mod schema_status;
pub mod sealed;
pub mod secret;
pub mod sessions;
pub mod text;
pub mod timestamp;
pub mod token_limits;
pub mod two_factor;
pub mod usage;
pub mod users;
