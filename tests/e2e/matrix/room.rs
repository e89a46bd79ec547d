//! A place for one cell of the matrix, where no other cell has been.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{Ran, Request, World, finish};

/// An empty home, and the registry's log from the moment on when it was made.
pub(super) struct Room<'a> {
    pub(super) world: &'a World,
    pub(super) folder: PathBuf,
    pub(super) at_hand: Option<AtHand>,
    mark: usize,
}

/// What a person types at each command of a client that has no login.
pub(super) enum AtHand {
    Password { user: String, secret: String },
    RefreshToken(String),
}

impl<'a> Room<'a> {
    pub(super) fn new(world: &'a World) -> Self {
        let room = Self {
            world,
            folder: world.new_folder(),
            at_hand: None,
            mark: world.registry.mark(),
        };
        std::fs::write(room.credentials(), "{\"auths\": {}}").unwrap();
        let trusting = r#"{"default": [{"type": "insecureAcceptAnything"}]}"#;
        std::fs::write(room.path("policy.json"), trusting).unwrap();
        room
    }

    /// The path of a file in the room.
    pub(super) fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// The file in which clients keep what they logged in with; all use Docker's format.
    pub(super) fn credentials(&self) -> String {
        self.path("config.json")
    }

    /// What is kept there for the registry.
    pub(super) fn kept(&self) -> serde_json::Value {
        let text = std::fs::read_to_string(self.credentials()).unwrap();
        let kept: serde_json::Value = serde_json::from_str(&text).unwrap();
        kept["auths"][&self.world.registry.host].clone()
    }

    /// A command in the room; none may take long, or wait for a person.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("timeout");
        command.args(["60", program]).current_dir(&self.folder);
        command.env("HOME", &self.folder);
        command.env("XDG_RUNTIME_DIR", &self.folder);
        command
    }

    /// Runs a program with nothing on its standard input.
    pub(super) fn run(&self, program: &str, arguments: &[&str]) -> Ran {
        self.run_with(program, arguments, "")
    }

    /// Runs a program with `input` on its standard input.
    pub(super) fn run_with(&self, program: &str, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command(program);
        command.args(arguments);
        finish(self.world, command, input)
    }

    /// Whether the registry answered such a request since the room was made.
    pub(super) fn saw(&self, method: &str, begins: &str, contains: &str, status: u16) -> bool {
        self.requests().iter().any(|request| {
            request.method == method
                && request.target.starts_with(begins)
                && request.target.contains(contains)
                && request.status == status
        })
    }

    /// What the registry was asked since the room was made.
    pub(super) fn requests(&self) -> Vec<Request> {
        self.world.registry.requests_since(self.mark)
    }

    /// An archive of an image that no registry has seen; its name there is `FRESH`.
    pub(super) fn fresh_archive(&self) -> PathBuf {
        let files = self.folder.join("fresh");
        std::fs::create_dir_all(&files).unwrap();
        std::fs::write(files.join("unique"), self.folder.display().to_string()).unwrap();
        let (layer, archive) = (self.path("layer.tar"), self.folder.join("fresh.tar"));
        let packed = self.run("tar", &["-C", &self.path("fresh"), "-cf", &layer, "."]);
        packed.must_succeed();
        let from = format!("tarball:{layer}");
        let to = format!("docker-archive:{}:{FRESH}", archive.display());
        self.run("skopeo", &["copy", "-q", "--insecure-policy", &from, &to])
            .must_succeed();
        archive
    }

    /// What a person sees of it, without its progress and what differs from run to run.
    pub(super) fn seen(&self, ran: &Ran) -> String {
        let told = if ran.stderr.trim().is_empty() {
            &ran.stdout
        } else {
            &ran.stderr
        };
        let told = told
            .replace(&self.world.registry.host, "registry.example.com")
            .replace(&self.folder.display().to_string(), "~");
        let progress = ["Trying to pull ", "Getting image ", "Copying blob "];
        let said = told
            .trim()
            .lines()
            .filter(|line| !progress.iter().any(|begin| line.starts_with(begin)));
        let lines = said.map(|line| {
            let timed = line.strip_prefix("time=\"");
            timed.and_then(|rest| rest.split_once('"')).map_or_else(
                || line.to_owned(),
                |(_, rest)| format!("time=\"...\"{rest}"),
            )
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Takes over the credentials of another room, as when a pipeline gets a ready `config.json`.
    pub(super) fn take_over(&self, other: &Self) {
        std::fs::copy(Path::new(&other.credentials()), self.credentials()).unwrap();
    }
}

/// The name of the image in a fresh archive.
pub(super) const FRESH: &str = "docker.io/library/fresh:1";
