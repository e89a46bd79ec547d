//! Integration tests: they enter by the front door, HTTP or command line.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "these are tests"
)]

mod admin;
mod architecture;
mod benches;
mod cli;
mod documentation;
mod fuzz_corpora;
mod harness;
mod made_up;
mod metrics;
mod model;
mod notices;
mod ops;
mod registries;
mod server;
mod shown_commands;
mod shown_proxies;
mod storage;
mod token;
mod two_factor;
mod web;
