//! Clients, and what they say.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::World;
use super::engine::TINY;

/// A Docker client with a configuration of its own.
pub(crate) struct Client<'a> {
    world: &'a World,
    pub(crate) folder: PathBuf,
}

/// What a program did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) ok: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn must_succeed(&self) {
        assert!(self.ok, "{self:?}");
    }

    /// It failed, and said `text`.
    pub(crate) fn must_fail_with(&self, text: &str) {
        assert!(
            !self.ok && (self.stderr.contains(text) || self.stdout.contains(text)),
            "not {text:?}: {self:?}"
        );
    }
}

impl<'a> Client<'a> {
    pub(crate) fn new(world: &'a World, folder: &Path) -> Self {
        Self {
            world,
            folder: folder.to_owned(),
        }
    }

    /// Runs `docker` with `input` on a pipe: there is no terminal.
    pub(crate) fn docker(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.world.engine.docker(arguments);
        command.env("DOCKER_CONFIG", &self.folder);
        finish(self.world, command, input)
    }

    pub(crate) fn try_log_in(&self, host: &str, user: &str, secret: &str) -> Ran {
        self.docker(
            &["login", "--username", user, "--password-stdin", host],
            secret,
        )
    }

    pub(crate) fn log_in(&self, host: &str, user: &str, secret: &str) {
        let ran = self.try_log_in(host, user, secret);
        ran.must_succeed();
        assert!(ran.stdout.contains("Login Succeeded"), "{ran:?}");
    }

    /// Pulls an image that the engine does not have.
    pub(crate) fn try_pull(&self, image: &str) -> Ran {
        self.world.engine.forget(image);
        self.docker(&["pull", image], "")
    }

    pub(crate) fn pull(&self, image: &str) {
        let ran = self.try_pull(image);
        ran.must_succeed();
        assert!(
            ran.stdout.contains("Downloaded newer image"),
            "nothing was transferred: {ran:?}"
        );
    }

    pub(crate) fn try_push(&self, image: &str) -> Ran {
        self.world.engine.import_or_keep();
        self.docker(&["tag", TINY, image], "").must_succeed();
        self.docker(&["push", image], "")
    }

    pub(crate) fn push(&self, image: &str) {
        self.try_push(image).must_succeed();
    }
}

/// Runs any program, with `input` on a pipe and what it prints kept.
pub(crate) fn run(world: &World, program: &str, arguments: &[&str], input: &str) -> Ran {
    let mut command = Command::new(program);
    command.args(arguments);
    finish(world, command, input)
}

/// Runs a command with `input` on a pipe, and keeps what it prints.
pub(crate) fn finish(world: &World, mut command: Command, input: &str) -> Ran {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A program that does not read its input has closed it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let ran = Ran {
        ok: output.status.success(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    };
    world.keep(&ran.stdout);
    world.keep(&ran.stderr);
    ran
}
