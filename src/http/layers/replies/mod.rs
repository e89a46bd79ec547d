//! Replies that the layers give in place of the routes, and their form.

pub(super) mod distribution_error;
pub(super) mod hint;
pub(super) mod https_only;
pub(super) mod panics;
pub(super) mod retry_after;
pub(super) mod unavailable;
