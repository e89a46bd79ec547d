//! Docker's command line without an engine: it talks to the registry itself, where it can.

use std::path::Path;

use super::client::{Attempt, Client, Impossible, Refusal};
use super::room::Room;
use crate::harness::{Ran, finish};

pub(super) struct DockerCli;

fn docker(room: &Room<'_>, arguments: &[&str], input: &str) -> Ran {
    let mut command = room.command("/usr/bin/docker");
    command.env("DOCKER_HOST", format!("unix://{}", room.path("no-engine")));
    command.env("DOCKER_CONFIG", &room.folder).args(arguments);
    finish(room.world, command, input)
}

/// Pushes a list of one image; layers of another repository are mounted.
fn push_list(room: &Room<'_>, from: &str, to: &str) -> Ran {
    let create = ["manifest", "create", "--insecure", to, from];
    let created = docker(room, &create, "");
    if !created.ok {
        return created;
    }
    docker(room, &["manifest", "push", "--insecure", to], "")
}

impl Client for DockerCli {
    fn name(&self) -> &'static str {
        "docker_cli"
    }

    fn title(&self) -> &'static str {
        "docker CLI alone"
    }

    fn version(&self, room: &Room<'_>) -> Ran {
        docker(room, &["--version"], "")
    }

    fn log_in(&self, room: &Room<'_>, user: &str, secret: &str) -> Attempt {
        let host = &room.world.registry.host;
        let login = ["login", "--username", user, "--password-stdin", host];
        Ok(docker(room, &login, secret))
    }

    fn pull(&self, room: &Room<'_>, image: &str) -> Attempt {
        let inspect = ["manifest", "inspect", "--insecure", image];
        Ok(docker(room, &inspect, ""))
    }

    /// Layers do not leave the machine without an engine: what is pushed is a list of an image that
    /// the repository has.
    fn push(&self, room: &Room<'_>, _archive: &Path, image: &str) -> Attempt {
        let (repository, _) = image.rsplit_once(':').unwrap_or((image, ""));
        Ok(push_list(room, &format!("{repository}:1"), image))
    }

    fn push_again(&self, room: &Room<'_>, from: &str, to: &str) -> Attempt {
        Ok(push_list(room, from, to))
    }

    fn catalog(&self, _room: &Room<'_>) -> Attempt {
        Err(Impossible(
            "`docker search` asks for the old search API, not for a registry's catalog",
        ))
    }

    fn asks_for_a_refresh_token(&self) -> bool {
        true
    }

    fn gives_up_without_a_mount(&self) -> Option<&'static str> {
        Some("it has no layers to upload, and may not read the other repository")
    }

    fn limit(&self) -> Option<&'static str> {
        Some("`docker manifest` moves manifests only: layers need an engine")
    }

    fn says(&self, refusal: Refusal, sentence: &str) -> String {
        match refusal {
            Refusal::Login | Refusal::RevokedToken => format!("unauthorized: {sentence}"),
            Refusal::ForbiddenPull | Refusal::ForbiddenPush => {
                "denied: requested access to the resource is denied".to_owned()
            }
        }
    }
}
