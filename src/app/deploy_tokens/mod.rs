//! Deploy tokens.

pub(super) mod create;
pub(super) mod find;
pub(super) mod revoke;

pub use create::CreatedDeployToken;
