//! The tables as SeaORM sees them; other modules never see these types.

#![expect(
    unreachable_pub,
    reason = "SeaORM's macros make everything public inside these modules"
)]

pub(super) mod access_token;
pub(super) mod change;
pub(super) mod change_counter;
pub(super) mod deploy_token;
pub(super) mod event;
pub(super) mod hidden;
pub(super) mod installation;
pub(super) mod instant;
pub(super) mod letter_pair;
pub(super) mod live_key;
pub(super) mod member;
pub(super) mod namespace;
pub(super) mod notice;
pub(super) mod notice_progress;
pub(super) mod recovery_code;
pub(super) mod refresh_token;
pub(super) mod repository;
pub(super) mod session;
pub(super) mod two_factor;
pub(super) mod usage_day;
pub(super) mod user;
#[cfg(test)]
mod words_tests;
