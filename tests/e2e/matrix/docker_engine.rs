//! Docker with its engine, which talks to the registry.

use std::path::Path;

use super::client::{Attempt, Client, Impossible, Refusal};
use super::room::{FRESH, Room};
use crate::harness::{Ran, finish};

pub(super) struct DockerEngine;

fn docker(room: &Room<'_>, arguments: &[&str], input: &str) -> Ran {
    let mut command = room.command("/usr/bin/docker");
    command.env("DOCKER_HOST", &room.world.engine.address);
    command.env("DOCKER_CONFIG", &room.folder).args(arguments);
    finish(room.world, command, input)
}

impl Client for DockerEngine {
    fn name(&self) -> &'static str {
        "docker_engine"
    }

    fn title(&self) -> &'static str {
        "docker engine"
    }

    fn version(&self, room: &Room<'_>) -> Ran {
        docker(room, &["version", "--format", "{{.Server.Version}}"], "")
    }

    fn log_in(&self, room: &Room<'_>, user: &str, secret: &str) -> Attempt {
        let host = &room.world.registry.host;
        let login = ["login", "--username", user, "--password-stdin", host];
        Ok(docker(room, &login, secret))
    }

    fn pull(&self, room: &Room<'_>, image: &str) -> Attempt {
        room.world.engine.forget_all();
        Ok(docker(room, &["pull", image], ""))
    }

    fn push(&self, room: &Room<'_>, archive: &Path, image: &str) -> Attempt {
        let archive = archive.display().to_string();
        docker(room, &["load", "--input", &archive], "").must_succeed();
        docker(room, &["tag", FRESH, image], "").must_succeed();
        Ok(docker(room, &["push", image], ""))
    }

    fn push_again(&self, room: &Room<'_>, from: &str, to: &str) -> Attempt {
        docker(room, &["tag", from, to], "").must_succeed();
        Ok(docker(room, &["push", to], ""))
    }

    fn catalog(&self, _room: &Room<'_>) -> Attempt {
        Err(Impossible(
            "`docker search` asks for the old search API, not for a registry's catalog",
        ))
    }

    fn asks_for_a_refresh_token(&self) -> bool {
        true
    }

    fn says(&self, refusal: Refusal, sentence: &str) -> String {
        match refusal {
            Refusal::Login | Refusal::RevokedToken => format!("unauthorized: {sentence}"),
            Refusal::ForbiddenPull => "pull access denied".to_owned(),
            Refusal::ForbiddenPush => "denied: requested access".to_owned(),
        }
    }
}
