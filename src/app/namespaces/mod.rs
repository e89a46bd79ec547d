//! Groups and projects.

pub(super) mod bury;
mod change;
pub(super) mod create;
mod delete;
pub(super) mod find;
mod list;

pub use change::NamespaceChange;
pub use create::{NewNamespace, NewPath};
pub use list::ListRoot;
