//! Personal access tokens.

mod associations;
mod change;
mod create;
mod create_own;
mod find;
mod grace;
mod incidents;
mod policy;
mod reuse;
mod revoke;
mod rotate;
mod statements;
mod usage;
