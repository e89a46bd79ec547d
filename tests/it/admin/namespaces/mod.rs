//! Groups and projects.

mod groups;
mod projects;
mod visibility;
