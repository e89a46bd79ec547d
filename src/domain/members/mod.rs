//! Roles in groups and projects.

pub mod access_level;
pub mod association;
