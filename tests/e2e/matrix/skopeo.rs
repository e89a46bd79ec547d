//! Skopeo, which keeps no images and moves them from place to place.

use std::path::Path;

use super::client::{Attempt, Client, Refusal};
use super::containers;
use super::room::Room;
use crate::harness::Ran;

pub(super) struct Skopeo;

const PROGRAM: &str = "/usr/bin/skopeo";

fn copy(room: &Room<'_>, from: &str, to: &str) -> Ran {
    let file = room.credentials();
    let copy = [
        "copy",
        "--quiet",
        "--insecure-policy",
        "--src-tls-verify=false",
        "--dest-tls-verify=false",
        "--authfile",
        &file,
        from,
        to,
    ];
    room.run(PROGRAM, &copy)
}

impl Client for Skopeo {
    fn name(&self) -> &'static str {
        "skopeo"
    }

    fn title(&self) -> &'static str {
        "skopeo"
    }

    fn version(&self, room: &Room<'_>) -> Ran {
        room.run(PROGRAM, &["--version"])
    }

    fn log_in(&self, room: &Room<'_>, user: &str, secret: &str) -> Attempt {
        Ok(containers::log_in(room, &[PROGRAM], user, secret))
    }

    fn pull(&self, room: &Room<'_>, image: &str) -> Attempt {
        let to = format!("dir:{}", room.path("image"));
        Ok(copy(room, &format!("docker://{image}"), &to))
    }

    fn push(&self, room: &Room<'_>, archive: &Path, image: &str) -> Attempt {
        let from = format!("docker-archive:{}", archive.display());
        Ok(copy(room, &from, &format!("docker://{image}")))
    }

    /// It remembers from where it got the layers.
    fn push_again(&self, room: &Room<'_>, _from: &str, to: &str) -> Attempt {
        let from = format!("dir:{}", room.path("image"));
        Ok(copy(room, &from, &format!("docker://{to}")))
    }

    fn delete(&self, room: &Room<'_>, image: &str) -> Attempt {
        let (file, image) = (room.credentials(), format!("docker://{image}"));
        let delete = ["delete", "--tls-verify=false", "--authfile", &file, &image];
        Ok(room.run(PROGRAM, &delete))
    }

    fn asks_for_a_refresh_token(&self) -> bool {
        false
    }

    fn says(&self, refusal: Refusal, sentence: &str) -> String {
        containers::says(refusal, sentence)
    }
}
