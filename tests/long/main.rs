//! Long tests: misfortunes that take minutes to show what they do, on the real program with real databases and
//! proxies.
//!
//! They need what `tests/run.sh --install --long` installs, so that a plain `cargo test` leaves them out.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "these are tests"
)]

mod clocks;
mod hangs;
mod harness;
mod kills;
#[path = "../it/cli/ports.rs"]
mod ports;
#[expect(dead_code, reason = "end-to-end tests use the rest")]
#[path = "../e2e/harness/process.rs"]
mod process;
mod proxies;
mod restarts;
mod restorations;
#[expect(dead_code, reason = "integration tests use the rest")]
#[path = "../it/cli/running.rs"]
mod running;
mod silence;
mod watch;
mod work;
#[expect(dead_code, reason = "integration tests use the rest")]
#[path = "../it/cli/workplace.rs"]
mod workplace;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

use workplace::Workplace;

/// A story: its name, and what happens.
type Story = (&'static str, fn());

#[expect(
    clippy::disallowed_methods,
    reason = "tests/run.sh switches these tests on"
)]
fn main() -> ExitCode {
    if std::env::var("WHARFINGER_LONG").as_deref() != Ok("1") {
        println!("long tests are left out; tests/run.sh --long runs them");
        return ExitCode::SUCCESS;
    }
    let mut arguments = Arguments::from_args();
    // They load the machine, and measure times: one at a time.
    arguments.test_threads = Some(1);
    let stories = kills::STORIES
        .iter()
        .chain(restorations::STORIES)
        .chain(silence::STORIES)
        .chain(hangs::STORIES)
        .chain(clocks::STORIES)
        .chain(proxies::STORIES);
    let trial = |&(name, story): &Story| {
        Trial::test(name, move || {
            story();
            Ok(())
        })
    };
    libtest_mimic::run(&arguments, stories.map(trial).collect()).exit_code()
}
