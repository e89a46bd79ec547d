//! A real Docker engine.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::{Process, wait_until};

/// Debian's engine, with its state in a folder of its own.
pub(crate) struct Engine {
    _process: Process,
    pub(crate) address: String,
    folder: PathBuf,
}

/// The image that the stories push and pull, under its local name.
pub(crate) const TINY: &str = "tiny:1";

impl Engine {
    /// An engine whose containers, if it had any, would have no network.
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_with(
            folder,
            &["--iptables=false", "--ip6tables=false", "--bridge=none"],
        )
    }

    /// An engine with networks and published ports.
    pub(crate) fn with_networks(folder: &Path) -> Self {
        Self::start_with(folder, &[])
    }

    fn start_with(folder: &Path, more: &[&str]) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let at = |name: &str| folder.join(name);
        let address = format!("unix://{}", at("docker.sock").display());
        let mut command = Command::new("/usr/sbin/dockerd");
        command
            .arg("--storage-driver=vfs")
            .arg("--data-root")
            .arg(at("root"))
            .arg("--exec-root")
            .arg(at("exec"))
            .arg("--pidfile")
            .arg(at("pid"))
            .args(["--host", &address])
            .args(more);
        let process = Process::start(command, &at("engine.log"));
        let engine = Self {
            _process: process,
            address,
            folder: folder.to_owned(),
        };
        wait_until("the engine answers", || {
            engine
                .docker(&["version"])
                .output()
                .unwrap()
                .status
                .success()
        });
        engine
    }

    /// The command line that belongs to the engine; a newer one may be first on the path.
    pub(crate) fn docker(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("/usr/bin/docker");
        command.env("DOCKER_HOST", &self.address).args(arguments);
        command
    }

    /// Makes the image, unless the engine has it.
    pub(crate) fn import_or_keep(&self) {
        if !self
            .docker(&["inspect", TINY])
            .output()
            .unwrap()
            .status
            .success()
        {
            self.import_tiny_image();
        }
    }

    /// Makes an image without a network.
    pub(crate) fn import_tiny_image(&self) {
        let files = self.folder.join("tiny");
        std::fs::create_dir_all(files.join("bin")).unwrap();
        std::fs::copy("/bin/busybox", files.join("bin/busybox")).unwrap();
        if !files.join("bin/sh").exists() {
            symlink("busybox", files.join("bin/sh")).unwrap();
        }
        let archive = self.folder.join("tiny.tar");
        let packed = Command::new("tar")
            .arg("-C")
            .arg(&files)
            .arg("-cf")
            .arg(&archive)
            .arg(".")
            .status()
            .unwrap();
        assert!(packed.success());
        let mut import = self.docker(&["import", "--change", "CMD [\"/bin/sh\"]"]);
        assert!(
            import
                .arg(&archive)
                .arg(TINY)
                .output()
                .unwrap()
                .status
                .success()
        );
    }

    /// The archive from which the image is made.
    pub(crate) fn archive(&self) -> PathBuf {
        self.folder.join("tiny.tar")
    }

    /// Forgets an image, so that a pull has to transfer it.
    pub(crate) fn forget(&self, image: &str) {
        let _ = self.docker(&["rmi", "--force", image]).output();
        let _ = self.docker(&["rmi", "--force", TINY]).output();
    }

    /// Forgets every image, so that a pull has to transfer all layers.
    pub(crate) fn forget_all(&self) {
        let listed = self.docker(&["images", "--quiet"]).output().unwrap();
        let listed = String::from_utf8(listed.stdout).unwrap();
        let images: Vec<&str> = listed.split_whitespace().collect();
        if !images.is_empty() {
            let arguments = [&["rmi", "--force"], &images[..]].concat();
            let _ = self.docker(&arguments).output();
        }
    }
}
