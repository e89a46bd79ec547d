//! The audit log: who changed what, when and from where, and who signed in or was refused.

mod find;
mod observe;
mod purge;

pub use observe::Observations;
