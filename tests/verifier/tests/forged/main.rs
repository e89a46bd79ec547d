//! The verifier says what the registries said: keys, certificates and tokens that are made by hand,
//! good ones and those with one thing wrong.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "these are tests"
)]

mod chains;
mod claims;
mod forge;
mod form;
mod keys;
mod matrix;
mod one_of_each;
mod permissions;
mod starts;
