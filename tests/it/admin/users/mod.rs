//! Users.

mod change;
mod find;
