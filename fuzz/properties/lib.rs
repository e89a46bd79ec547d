//! Properties that hold for every input of the parsers that strangers reach.
//!
//! A fuzz target looks for input for which one of these does not hold. The integration test
//! `tests/it/fuzz_corpora.rs` includes this file too, and asserts the same about everything in
//! `seeds/` with each run of the tests.

pub mod basic_header;
pub mod form;
pub mod query;
pub mod scope;
pub mod token_checksum;

mod model;
mod reading;
