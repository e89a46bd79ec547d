//! Groups and projects.

pub(super) mod bury;
mod change;
pub(super) mod create;
mod delete;
pub(super) mod find;
pub(super) mod list;
mod taken;

pub use change::NamespaceChange;
pub use create::{NewNamespace, NewPath};
pub use list::ListRoot;
pub use taken::PathState;
