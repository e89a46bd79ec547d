//! Transactions that write events.

use chrono::{DateTime, Utc};

use crate::domain::authority::Authority;
use crate::storage::source::Source;

/// A transaction that writes events.
pub(in crate::storage) trait Recorder: Source {
    /// The caller.
    fn caller(&self) -> &Authority;

    /// The instant of the event.
    fn instant(&self) -> DateTime<Utc>;
}
