//! What the service does: a noun a room, a verb a file.
//!
//! [`RegistryTokenIssuer`](registry::RegistryTokenIssuer) answers registries' clients, [`Desk`] changes what lasts.

pub mod access_tokens;
mod admit;
pub mod deploy_tokens;
mod desk;
mod error;
pub mod members;
pub mod namespaces;
pub mod refresh_tokens;
pub mod registry;
pub mod users;

pub use admit::Admission;
pub use desk::Desk;
pub use error::DeskError;
