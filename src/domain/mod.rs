//! What the service is about: values and decisions, with no I/O, no clock and no async.

pub mod clock;
pub mod entropy;
pub mod registry;
