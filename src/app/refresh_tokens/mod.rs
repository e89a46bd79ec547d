//! Refresh tokens, which clients keep instead of a password.

pub(super) mod give;
mod list;
mod purge;
mod revoke;
