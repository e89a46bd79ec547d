//! Groups and projects.

mod change;
pub(super) mod create;
pub(super) mod delete;
pub(super) mod find;
mod list;

pub use change::PlaceChange;
pub use create::NewPlace;
