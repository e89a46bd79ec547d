//! Wharfinger: tokens that say what a container registry's clients may do.

pub mod config;
pub mod domain;
pub mod identity;
pub mod signing;
pub mod storage;
