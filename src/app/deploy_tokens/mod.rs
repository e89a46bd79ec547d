//! Deploy tokens.

mod count_ending;
pub(super) mod create;
pub(super) mod find;
pub(super) mod revoke;

pub use create::CreatedDeployToken;
