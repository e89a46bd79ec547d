//! Everything that is stored, read as of one moment and written into an empty database of any kind.

mod begin;
mod error;
mod fit;
mod last_id;
mod open;
mod quiet;
mod record;
mod restoration;
mod snapshot;
mod tables;

pub use error::RestorationError;
pub use restoration::{Restoration, Restored};
pub use snapshot::Snapshot;
