//! Members of groups and projects.

mod add;
