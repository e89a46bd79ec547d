//! What skopeo, podman and buildah share: one library talks to the registry, and so for CRI-O.

use super::client::Refusal;
use super::room::Room;
use crate::harness::Ran;

/// Runs `login` of one of the three; `before` are the options that stand before the command.
pub(super) fn log_in(room: &Room<'_>, program: &[&str], user: &str, secret: &str) -> Ran {
    let (file, host) = (room.credentials(), &room.world.registry.host);
    let login = [
        "login",
        "--tls-verify=false",
        "--authfile",
        &file,
        "--username",
        user,
        "--password-stdin",
        host,
    ];
    let (program, before) = program.split_first().unwrap();
    room.run_with(program, &[before, &login].concat(), secret)
}

/// What the library says when it is refused.
pub(super) fn says(refusal: Refusal, sentence: &str) -> String {
    match refusal {
        // It does not look into the body of a login's answer.
        Refusal::Login => "invalid username/password".to_owned(),
        Refusal::RevokedToken => format!("unauthorized: {sentence}"),
        Refusal::ForbiddenPull | Refusal::ForbiddenPush => {
            "denied: requested access to the resource is denied".to_owned()
        }
    }
}

/// A program that keeps images in a storage of its own.
pub(super) struct Storing {
    pub(super) program: &'static str,
    pub(super) before: &'static [&'static str],
}

impl Storing {
    /// Runs a command on a storage in the room.
    pub(super) fn run(&self, room: &Room<'_>, arguments: &[&str]) -> Ran {
        room.run(self.program, &[self.before, arguments].concat())
    }

    pub(super) fn log_in(&self, room: &Room<'_>, user: &str, secret: &str) -> Ran {
        log_in(room, &[&[self.program], self.before].concat(), user, secret)
    }

    /// Runs a command that talks to the registry.
    fn talk(&self, room: &Room<'_>, command: &str, arguments: &[&str]) -> Ran {
        let (file, policy) = (room.credentials(), room.path("policy.json"));
        let talk = [
            command,
            "--tls-verify=false",
            "--authfile",
            &file,
            "--signature-policy",
            &policy,
        ];
        self.run(room, &[&talk, arguments].concat())
    }

    pub(super) fn pull(&self, room: &Room<'_>, image: &str) -> Ran {
        self.talk(room, "pull", &[image])
    }

    pub(super) fn push(&self, room: &Room<'_>, local: &str, image: &str) -> Ran {
        self.talk(room, "push", &[local, &format!("docker://{image}")])
    }
}
