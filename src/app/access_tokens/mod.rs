//! Personal access tokens.

mod associations;
mod change;
pub(super) mod count_ending;
mod create;
mod create_in_session;
pub(super) mod find;
mod graces;
mod maker;
pub(super) mod revoke;
mod revoke_family;
mod rotate;
pub(super) mod uses;

pub use create::CreatedAccessToken;
pub use create_in_session::FormOutcome;
pub use rotate::{AccessTokenRotation, RotatedAccessToken};
pub use uses::AccessTokenUses;
