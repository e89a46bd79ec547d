//! Refresh tokens, which clients keep instead of a password.

mod find;
pub(super) mod give;
mod purge;
mod revoke;
