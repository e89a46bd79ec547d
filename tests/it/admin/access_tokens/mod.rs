//! Personal access tokens.

mod associations;
mod create_own;
mod find;
mod grace;
mod incidents;
mod policy;
mod reuse;
mod rotate;
mod statements;
mod usage;
