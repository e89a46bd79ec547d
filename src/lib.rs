//! Wharfinger: tokens that say what a container registry's clients may do.
//!
//! ```text
//!    main → cli → server                      the composition root: it alone sees everything
//!             │      │
//!             │   http/token  http/admin  http/ops   faces; they share http/layers
//!             └──────┤
//!                   app   metrics             use cases, a verb a file
//!         ┌──────────┼──────────┐
//!     identity    signing    storage          who is calling · key ring · what lasts
//!         └──────────┴──────────┘
//!                  domain  ◄── config         pure: no async, no I/O, no clock
//!                     └── representation      how things look in JSON, for the API and for --json
//! ```
//!
//! A token request walks one way: [`http::token`] reads it, [`app::RegistryTokenIssuer::issue`] tells the
//! story, and [`domain::decision::decide`] decides.

pub mod app;
pub mod cli;
pub mod config;
pub mod domain;
pub mod http;
pub mod identity;
pub mod metrics;
pub mod representation;
pub mod server;
pub mod signing;
pub mod storage;
