//! Podman.

use std::path::Path;

use super::client::{Attempt, Client, Refusal};
use super::containers::{self, Storing};
use super::room::{FRESH, Room};
use crate::harness::Ran;

pub(super) struct Podman;

/// Paths are in the room, where every command runs.
const PODMAN: Storing = Storing {
    program: "/usr/bin/podman",
    before: &[
        "--root=storage",
        "--runroot=run",
        "--tmpdir=tmp",
        "--storage-driver=vfs",
        "--cgroup-manager=cgroupfs",
        "--events-backend=none",
    ],
};

impl Client for Podman {
    fn name(&self) -> &'static str {
        "podman"
    }

    fn title(&self) -> &'static str {
        "podman"
    }

    fn version(&self, room: &Room<'_>) -> Ran {
        room.run(PODMAN.program, &["--version"])
    }

    fn log_in(&self, room: &Room<'_>, user: &str, secret: &str) -> Attempt {
        Ok(PODMAN.log_in(room, user, secret))
    }

    fn pull(&self, room: &Room<'_>, image: &str) -> Attempt {
        Ok(PODMAN.pull(room, image))
    }

    fn push(&self, room: &Room<'_>, archive: &Path, image: &str) -> Attempt {
        let (archive, policy) = (archive.display().to_string(), room.path("policy.json"));
        let load = ["load", "--signature-policy", &policy, "--input", &archive];
        PODMAN.run(room, &load).must_succeed();
        Ok(PODMAN.push(room, FRESH, image))
    }

    fn push_again(&self, room: &Room<'_>, from: &str, to: &str) -> Attempt {
        Ok(PODMAN.push(room, from, to))
    }

    fn catalog(&self, room: &Room<'_>) -> Attempt {
        let (file, everything) = (room.credentials(), format!("{}/", room.world.registry.host));
        let search = [
            "search",
            "--tls-verify=false",
            "--authfile",
            &file,
            "--limit",
            "1000",
            &everything,
        ];
        Ok(PODMAN.run(room, &search))
    }

    fn asks_for_a_refresh_token(&self) -> bool {
        false
    }

    fn says(&self, refusal: Refusal, sentence: &str) -> String {
        containers::says(refusal, sentence)
    }
}
