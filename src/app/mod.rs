//! What the service does: a noun a room, a verb a file.
//!
//! [`RegistryTokenIssuer`](registry::RegistryTokenIssuer) answers registries' clients, [`Desk`] changes what lasts.

pub mod access_tokens;
pub mod deploy_tokens;
mod desk;
mod error;
pub mod members;
pub mod namespaces;
pub mod refresh_tokens;
pub mod registry;
pub mod users;

pub use desk::Desk;
pub use error::ChangeError;
