//! The use cases of the service: each noun is a room, and each verb a file in it.
//!
//! [`RegistryTokenIssuer`](registry::RegistryTokenIssuer) answers registries' clients, [`Desk`] changes what lasts.

pub mod access_tokens;
mod admit;
pub mod audit_events;
pub mod backup;
pub mod deploy_tokens;
mod desk;
mod error;
pub mod members;
pub mod namespaces;
pub mod notices;
mod purged_part;
pub mod refresh_tokens;
pub mod registry;
mod repositories;
mod row_parts;
pub mod sessions;
pub mod two_factor;
pub mod usage;
pub mod users;
mod waiting;

pub use admit::Admission;
pub use desk::Desk;
pub use error::DeskError;
pub use purged_part::PurgedPart;
