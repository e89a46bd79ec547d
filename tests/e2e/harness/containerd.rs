//! A real containerd.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::{Process, wait_until};
use super::{Ran, World, run};

/// Debian's containerd, with its state in a folder of its own.
pub(crate) struct Containerd {
    _process: Process,
    socket: PathBuf,
}

impl Containerd {
    pub(crate) fn start(folder: &Path) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let socket = folder.join("c.sock");
        let configuration = format!(
            "version = 2\nroot = \"{at}/root\"\nstate = \"{at}/state\"\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n\
             [grpc]\n  address = \"{}\"\n",
            socket.display(),
            at = folder.display(),
        );
        let file = folder.join("config.toml");
        std::fs::write(&file, configuration).unwrap();
        let mut command = Command::new("/usr/bin/containerd");
        command.arg("--config").arg(&file);
        let process = Process::start(command, &folder.join("containerd.log"));
        let containerd = Self {
            _process: process,
            socket,
        };
        wait_until("containerd answers", || {
            let mut version = Command::new("/usr/bin/ctr");
            version.arg("--address").arg(&containerd.socket);
            version.arg("version").output().unwrap().status.success()
        });
        containerd
    }

    /// Runs its own client.
    pub(crate) fn ctr(&self, world: &World, arguments: &[&str]) -> Ran {
        let socket = self.socket.display().to_string();
        let whole = [&["--address", &socket], arguments].concat();
        run(world, "/usr/bin/ctr", &whole, "")
    }

    /// Forgets every image and waits until its content is gone.
    pub(crate) fn forget_all(&self, world: &World) {
        let listed = self.ctr(world, &["images", "list", "--quiet"]).stdout;
        let images: Vec<&str> = listed.lines().collect();
        if !images.is_empty() {
            let remove = [&["images", "remove", "--sync"], &images[..]].concat();
            self.ctr(world, &remove).must_succeed();
        }
    }
}
