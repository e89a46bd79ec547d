//! Groups and projects.

mod change;
pub(super) mod create;
pub(super) mod delete;
pub(super) mod find;
mod list;

pub use change::NamespaceChange;
pub use create::NewNamespace;
