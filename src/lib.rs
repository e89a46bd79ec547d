//! Wharfinger: tokens that say what a container registry's clients may do.
//!
//! Each room below is a module with one purpose, and uses only what stands under it:
//!
//! ```text
//!    main → cli → server                             the composition root: it alone uses all others
//!             │      │
//!             │   http/token  http/admin  http/web  http/ops   faces; they share http/layers
//!             └──────┤
//!                   app                             use cases: a noun a room, a verb a file
//!         ┌──────────┼──────────┬──────────┐
//!     identity    signing    storage    delivery    identifies callers · signs tokens · the database · webhook and mail
//!         └──────────┼──────────┴──────────┘
//!                  domain                           values and decisions: no async, no I/O, no clock
//! ```
//!
//! `config`, `metrics` and `representation` (the form of things in JSON) stand on `domain` alone. `ownership` stands under
//! `signing` and `storage`: it says whose files are that root makes.
//!
//! A token request walks one way: [`http::token`] reads it, [`app::registry::RegistryTokenIssuer::issue`]
//! takes it through all steps, and [`domain::decision::decide`] decides. A change walks the same way: a face reads it, a
//! verb of [`app::Desk`] makes it, and an [`Authority`](domain::authority::Authority) says if it may be made.
//! `docs/architecture.md` follows both, and `docs/words.md` explains our words.

pub mod app;
pub mod cli;
pub mod config;
pub mod delivery;
pub mod domain;
pub mod http;
pub mod identity;
pub mod metrics;
mod ownership;
pub mod representation;
pub mod server;
pub mod signing;
pub mod storage;
