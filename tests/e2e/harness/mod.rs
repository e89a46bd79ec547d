//! The world of the stories: the service, a registry that trusts it, and clients.

mod browser;
mod client;
mod containerd;
mod engine;
mod plain;
#[path = "../../it/cli/ports.rs"]
mod ports;
mod process;
mod registry;
#[path = "../../long/harness/client.rs"]
pub(crate) mod requests;
#[expect(dead_code, reason = "long tests use the rest")]
#[path = "../../long/harness/database.rs"]
pub(crate) mod servers;
mod service;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use tempfile::TempDir;

pub(crate) use browser::{Browser, ENTER, Kind, Look, TAB};
pub(crate) use client::{Client, Ran, finish, run};
pub(crate) use containerd::Containerd;
pub(crate) use engine::Engine;
pub(crate) use ports::free_port;
pub(crate) use process::{Process, wait_until};
pub(crate) use registry::{Registry, Request};
pub(crate) use service::Service;

/// A story: its name, and what happens.
pub(crate) type Story = (&'static str, fn(&World));

/// What the stories share.
pub(crate) struct World {
    pub(crate) service: Service,
    pub(crate) registry: Registry,
    pub(crate) engine: Engine,
    containerd: OnceLock<Containerd>,
    pub(crate) secrets: Mutex<Vec<String>>,
    counter: Mutex<u32>,
    folder: TempDir,
}

impl World {
    /// Starts everything, and furnishes it: two projects, people in all roles, an image.
    pub(crate) fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let service = Service::start(&folder.path().join("service"));
        let registry = Registry::start(&folder.path().join("registry"), &service);
        let engine = Engine::start(&folder.path().join("engine"));
        let world = Self {
            service,
            registry,
            engine,
            containerd: OnceLock::new(),
            secrets: Mutex::new(Vec::new()),
            counter: Mutex::new(0),
            folder,
        };
        world.furnish();
        world
    }

    fn furnish(&self) {
        let cli = |arguments: &[&str]| self.service.cli(arguments);
        cli(&["group", "create", "team"]);
        cli(&["project", "create", "team/app"]);
        cli(&["project", "create", "team/open", "--visibility", "public"]);
        for (user, level) in [
            ("guest", Some("guest")),
            ("reporter", Some("reporter")),
            ("developer", Some("developer")),
            ("maintainer", Some("maintainer")),
            ("stranger", None),
        ] {
            let password = self.secret(format!("the password of {user}"));
            self.service
                .cli_with(&["user", "create", user, "--password-stdin"], &password);
            if let Some(level) = level {
                cli(&["member", "add", "team", user, "--level", level]);
            }
        }
        let pusher = self.token("developer", &["read_registry", "write_registry"]);
        self.engine.import_tiny_image();
        let client = self.client();
        client.log_in(&self.registry.host, "developer", &pusher);
        for repository in ["team/app", "team/open"] {
            client.push(&self.registry.image(repository));
        }
    }

    /// Notes a secret that no output may show.
    pub(crate) fn secret(&self, secret: String) -> String {
        self.secrets.lock().unwrap().push(secret.clone());
        secret
    }

    /// A new token of a user.
    pub(crate) fn token(&self, user: &str, scopes: &[&str]) -> String {
        self.token_with_id(user, scopes, &[]).1
    }

    /// A new token of a user, and its id.
    pub(crate) fn token_with_id(
        &self,
        user: &str,
        scopes: &[&str],
        more: &[&str],
    ) -> (String, String) {
        let mut arguments = vec![
            "--json", "token", "create", "--user", user, "--name", "story",
        ];
        for scope in scopes {
            arguments.extend(["--scope", scope]);
        }
        arguments.extend(more);
        let created: serde_json::Value =
            serde_json::from_str(&self.service.secret_cli(&arguments)).unwrap();
        let secret = self.secret(created["token"].as_str().unwrap().to_owned());
        (created["id"].to_string(), secret)
    }

    /// A containerd; starts when it is first needed.
    pub(crate) fn containerd(&self) -> &Containerd {
        self.containerd
            .get_or_init(|| Containerd::start(&self.folder().join("containerd")))
    }

    /// A Docker client with an empty configuration of its own.
    pub(crate) fn client(&self) -> Client<'_> {
        Client::new(self, &self.new_folder())
    }

    /// A folder that nobody else uses.
    pub(crate) fn new_folder(&self) -> PathBuf {
        let mut counter = self.counter.lock().unwrap();
        *counter += 1;
        let folder = self.folder.path().join(format!("client-{counter}"));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// Where the programs' output is kept.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Keeps what a program printed, for the search for secrets.
    pub(crate) fn keep(&self, output: &str) {
        use std::io::Write;
        let path = self.folder.path().join("clients.log");
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .unwrap();
        file.write_all(output.as_bytes()).unwrap();
    }

    /// The sentence that `/jwt/auth` says about these credentials.
    pub(crate) fn sentence(&self, user: &str, secret: &str) -> String {
        let url = format!("{}/jwt/auth?service=container_registry", self.service.url);
        let ran = run(
            self,
            "curl",
            &["-s", "-u", &format!("{user}:{secret}"), &url],
            "",
        );
        let body: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        body["errors"][0]["message"].as_str().unwrap().to_owned()
    }
}
