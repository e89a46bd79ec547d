//! The bounds of the outbox.

/// The most notices of several sorts, and the most tokens that are read at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoticeBounds {
    /// Notices that wait to be sent on a channel; more are not kept.
    pub pending: u64,
    /// Finished notices that are kept.
    pub finished: u64,
    /// Tokens that are read at a time in a look at ends.
    pub tokens_at_a_time: u64,
}

impl Default for NoticeBounds {
    fn default() -> Self {
        Self {
            pending: 10_000,
            finished: 50_000,
            tokens_at_a_time: 500,
        }
    }
}
