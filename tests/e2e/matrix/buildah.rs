//! Buildah.

use std::path::Path;

use super::client::{Attempt, Client, Refusal};
use super::containers::{self, Storing};
use super::room::{FRESH, Room};
use crate::harness::Ran;

pub(super) struct Buildah;

/// Paths are in the room, where every command runs.
const BUILDAH: Storing = Storing {
    program: "/usr/bin/buildah",
    before: &["--root=storage", "--runroot=run", "--storage-driver=vfs"],
};

impl Client for Buildah {
    fn name(&self) -> &'static str {
        "buildah"
    }

    fn title(&self) -> &'static str {
        "buildah"
    }

    fn version(&self, room: &Room<'_>) -> Ran {
        room.run(BUILDAH.program, &["--version"])
    }

    fn log_in(&self, room: &Room<'_>, user: &str, secret: &str) -> Attempt {
        Ok(BUILDAH.log_in(room, user, secret))
    }

    fn pull(&self, room: &Room<'_>, image: &str) -> Attempt {
        Ok(BUILDAH.pull(room, image))
    }

    fn push(&self, room: &Room<'_>, archive: &Path, image: &str) -> Attempt {
        let archive = format!("docker-archive:{}", archive.display());
        BUILDAH.pull(room, &archive).must_succeed();
        Ok(BUILDAH.push(room, FRESH, image))
    }

    fn push_again(&self, room: &Room<'_>, from: &str, to: &str) -> Attempt {
        Ok(BUILDAH.push(room, from, to))
    }

    fn asks_for_a_refresh_token(&self) -> bool {
        false
    }

    fn says(&self, refusal: Refusal, sentence: &str) -> String {
        containers::says(refusal, sentence)
    }
}
