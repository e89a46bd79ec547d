//! Users.

mod change;
mod create;
mod delete;
mod find;
