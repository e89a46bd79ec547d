//! Changes and logins: how they begin, wait for their turn and commit, and how others follow the numbers of changes.

pub(super) mod begin;
pub(super) mod change;
pub(super) mod counter;
pub mod follow;
pub(super) mod login_turns;
pub(super) mod position;
pub(super) mod recorder;
pub(super) mod trouble;
