//! Containerd by its own client, and so what Kubernetes does: `POST` first, then `GET`.

use std::path::Path;

use super::client::{Attempt, Client, Impossible, Refusal};
use super::room::{AtHand, FRESH, Room};
use crate::harness::Ran;

pub(super) struct Ctr;

fn ctr(room: &Room<'_>, arguments: &[&str]) -> Ran {
    room.world.containerd().ctr(room.world, arguments)
}

/// Runs a command that talks to the registry.
fn talk(room: &Room<'_>, command: &[&str], images: &[&str]) -> Ran {
    let who = match &room.at_hand {
        None => Vec::new(),
        Some(AtHand::Password { user, secret }) => {
            vec!["--user".to_owned(), format!("{user}:{secret}")]
        }
        Some(AtHand::RefreshToken(token)) => vec!["--refresh".to_owned(), token.clone()],
    };
    let who: Vec<&str> = who.iter().map(String::as_str).collect();
    ctr(room, &[command, &["--plain-http"], &who, images].concat())
}

impl Client for Ctr {
    fn name(&self) -> &'static str {
        "ctr"
    }

    fn title(&self) -> &'static str {
        "containerd's ctr"
    }

    fn version(&self, room: &Room<'_>) -> Ran {
        ctr(room, &["--version"])
    }

    fn log_in(&self, _room: &Room<'_>, _user: &str, _secret: &str) -> Attempt {
        Err(Impossible(
            "it has no login, and keeps nothing: the credential is given at each command",
        ))
    }

    fn pull(&self, room: &Room<'_>, image: &str) -> Attempt {
        room.world.containerd().forget_all(room.world);
        let pull = ["images", "pull", "--snapshotter", "native"];
        Ok(talk(room, &pull, &[image]))
    }

    fn push(&self, room: &Room<'_>, archive: &Path, image: &str) -> Attempt {
        let archive = archive.display().to_string();
        let import = ["images", "import", "--snapshotter", "native", &archive];
        ctr(room, &import).must_succeed();
        Ok(talk(room, &["images", "push"], &[image, FRESH]))
    }

    fn push_again(&self, room: &Room<'_>, from: &str, to: &str) -> Attempt {
        Ok(talk(room, &["images", "push"], &[to, from]))
    }

    fn asks_for_a_refresh_token(&self) -> bool {
        false
    }

    fn gives_up_without_a_mount(&self) -> Option<&'static str> {
        Some("it gives up when a mount is refused, and does not upload instead")
    }

    fn says(&self, refusal: Refusal, _sentence: &str) -> String {
        match refusal {
            // It shows the status and leaves the body out.
            Refusal::Login | Refusal::RevokedToken => {
                "failed to fetch oauth token: unexpected status: 401 Unauthorized".to_owned()
            }
            Refusal::ForbiddenPull => "pull access denied".to_owned(),
            Refusal::ForbiddenPush => "insufficient_scope: authorization failed".to_owned(),
        }
    }
}
