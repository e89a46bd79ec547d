//! Groups and projects.

pub(super) mod groups;
pub(super) mod parameters;
pub(super) mod projects;
