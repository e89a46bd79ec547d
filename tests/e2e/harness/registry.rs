//! A real registry, configured by what our command line prints and nothing else.

use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use super::ports::free_port;
use super::process::{Process, wait_until};
use super::service::Service;

/// Debian's `docker-registry` (Distribution 2.8).
pub(crate) struct Registry {
    process: Process,
    pub(crate) host: String,
    fences: AtomicU32,
}

/// A request as the registry's access log has it.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) status: u16,
}

/// What `curl` calls itself: the tests' own requests.
const OURS: &str = "\"curl/";

impl Registry {
    pub(crate) fn start(folder: &Path, service: &Service) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let host = format!("127.0.0.1:{}", free_port());
        let own = format!(
            "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {}/data\n  delete:\n    enabled: true\n\
             http:\n  addr: {host}\n",
            folder.display()
        );
        let ours = service.cli(&["registry", "config", "--for", "distribution"]);
        let file = folder.join("config.yml");
        std::fs::write(&file, format!("{own}{ours}")).unwrap();
        let mut command = Command::new("/usr/bin/docker-registry");
        command.arg("serve").arg(&file).current_dir(folder);
        let process = Process::start(command, &folder.join("registry.log"));
        let registry = Self {
            process,
            host,
            fences: AtomicU32::new(0),
        };
        wait_until("the registry listens", || {
            TcpStream::connect(&registry.host).is_ok()
        });
        registry
    }

    /// The reference of a repository's image here.
    pub(crate) fn image(&self, repository: &str) -> String {
        format!("{}/{repository}:1", self.host)
    }

    /// Where the registry's log ends now.
    pub(crate) fn mark(&self) -> usize {
        self.fence();
        self.process.log().len()
    }

    /// What clients asked since `mark`; requests by `curl` are the tests' own and left out.
    pub(crate) fn requests_since(&self, mark: usize) -> Vec<Request> {
        self.fence();
        let log = self.process.log();
        log[mark..].lines().filter_map(Request::read).collect()
    }

    /// Returns when the log has everything that was asked before: a request is logged after its reply.
    fn fence(&self) {
        let number = self.fences.fetch_add(1, Ordering::Relaxed);
        let agent = format!("fence/{number}.");
        let url = format!("http://{}/v2/", self.host);
        let mut command = Command::new("curl");
        command.args(["-s", "-o", "/dev/null", "-A", &agent, &url]);
        assert!(command.status().unwrap().success());
        wait_until("the registry logs a request", || {
            self.process.log().contains(&format!("\"{agent}\"\n"))
        });
    }
}

impl Request {
    /// Reads `127.0.0.1 - - [time] "GET /v2/ HTTP/1.1" 200 2 "" "agent"`.
    fn read(line: &str) -> Option<Self> {
        if line.contains(OURS) || line.contains("\"fence/") {
            return None;
        }
        let (_, request) = line.split_once("] \"")?;
        let (request, rest) = request.split_once(" HTTP/1.1\" ")?;
        let (method, target) = request.split_once(' ')?;
        Some(Self {
            method: method.to_owned(),
            target: target.to_owned(),
            status: rest.split(' ').next()?.parse().ok()?,
        })
    }
}
