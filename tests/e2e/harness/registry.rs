//! A real registry, configured by what our command line prints and nothing else.

use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use super::process::{Process, free_port, wait_until};
use super::service::Service;

/// Debian's `docker-registry` (Distribution 2.8).
pub(crate) struct Registry {
    _process: Process,
    pub(crate) host: String,
}

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
            _process: process,
            host,
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
}
