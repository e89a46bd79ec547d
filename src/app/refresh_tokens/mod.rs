//! Refresh tokens, which clients keep instead of a password.

mod find;
pub(super) mod give;
mod purge;
mod revoke;
mod uses;

pub use uses::RefreshTokenUses;
