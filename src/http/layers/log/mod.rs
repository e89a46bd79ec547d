//! The line in the log for each request, and what is gathered for it.

pub(super) mod log_note;
pub(super) mod request_context;
pub(super) mod request_id;
pub(super) mod request_line;
pub(super) mod request_log;
