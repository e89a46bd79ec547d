//! End-to-end tests: the real program, a real registry, real clients.
//!
//! They need what `tests/run.sh --install` installs, so that a plain `cargo test` leaves them out.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "these are tests"
)]

mod backup;
mod ci;
mod containerd;
mod database_dump;
mod database_pooler;
mod database_silence;
mod database_timeouts;
mod database_tls;
mod database_tls_mariadb;
mod docker;
mod forward;
mod harness;
mod lifecycle;
mod matrix;
mod monitoring;
mod python_clients;
mod readme;
mod secrets_stay_secret;
mod shipping;
mod skopeo;
mod sub_path;
mod web;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};

use harness::{Story, World};

#[expect(
    clippy::disallowed_methods,
    reason = "tests/run.sh switches these tests on"
)]
fn main() -> ExitCode {
    if std::env::var("WHARFINGER_E2E").as_deref() != Ok("1") {
        println!("end-to-end tests are left out; tests/run.sh runs them");
        return ExitCode::SUCCESS;
    }
    for list in ["SESSION_DATABASE_URLS", "BACKUP_DATABASE_URLS"] {
        let urls = std::env::var(list).unwrap_or_default();
        let kinds: Vec<&str> = urls.split_whitespace().map(kind).collect();
        // Stories would pass without having been told.
        if kinds != ["postgres", "mysql"] {
            println!("{list} is to name a PostgreSQL and a MySQL or MariaDB, and names {kinds:?}");
            return ExitCode::FAILURE;
        }
    }
    let mut arguments = Arguments::from_args();
    // One engine and one registry: a test at a time.
    arguments.test_threads = Some(1);
    let world = Arc::new(World::start());
    let stories = docker::STORIES
        .iter()
        .chain(ci::STORIES)
        .chain(containerd::STORIES)
        .chain(skopeo::STORIES);
    let apart = lifecycle::STORIES
        .iter()
        .chain(backup::STORIES)
        .chain(database_tls::STORIES)
        .chain(database_pooler::STORIES)
        .chain(database_tls_mariadb::STORIES)
        .chain(database_timeouts::STORIES)
        .chain(database_silence::STORIES)
        .chain(database_dump::STORIES)
        .chain(monitoring::STORIES)
        .chain(readme::STORIES)
        .chain(shipping::STORIES)
        .chain(python_clients::STORIES)
        .chain(forward::STORIES)
        .chain(sub_path::STORIES)
        .chain(web::STORIES);
    // Last, because it reads what all others made the programs print.
    let last = secrets_stay_secret::STORIES.iter();
    let trial = |&(name, story): &Story| {
        let world = Arc::clone(&world);
        Trial::test(name, move || {
            story(&world);
            Ok(())
        })
    };
    let mut trials: Vec<Trial> = stories.chain(apart).map(trial).collect();
    trials.extend(matrix::trials(&world));
    trials.extend(last.map(trial));
    let conclusion = libtest_mimic::run(&arguments, trials);
    drop(world);
    conclusion.exit_code()
}

/// The kind of the database at an address.
fn kind(url: &str) -> &str {
    url.split(':').next().unwrap()
}
