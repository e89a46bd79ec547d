//! The world of the long tests: databases that can be killed, clients, chance.

mod client;
mod database;
mod dice;
#[expect(dead_code, reason = "integration tests use the rest")]
mod relay;

use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::ports::free_port;

pub(crate) use client::{Client, Outcome, ask, auth, basic};
pub(crate) use database::{Kind, Server};
pub(crate) use dice::Dice;
pub(crate) use relay::Relay;

/// Sends a signal to a program.
pub(crate) fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    let sent = Command::new("kill").args([name, &id]).status();
    assert!(sent.unwrap().success());
}

/// The end of what threads do, also if the test fails: they look at the flag.
pub(crate) struct End<'a>(pub(crate) &'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}
