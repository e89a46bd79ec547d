//! The audit log: who changed what, when and from where.

mod find;
mod purge;

pub use purge::PurgedEvents;
