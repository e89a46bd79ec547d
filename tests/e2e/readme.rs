//! The walk in the README, word for word.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::harness::{Process, Story, World, free_port};

pub(crate) const STORIES: &[Story] =
    &[("the_walk_in_the_readme_works", the_walk_in_the_readme_works)];

/// Runs every `sh` block of the README in one shell, in an empty folder.
///
/// What differs from the reader's machine: ports are free ones, `cargo run` and `wharfinger` are the
/// program of this build, and the engine is the tests' own.
fn the_walk_in_the_readme_works(world: &World) {
    let readme =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let blocks: Vec<&str> = readme
        .split("```sh\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert!(blocks.len() >= 4, "the README has {} blocks", blocks.len());
    let (token, admin, ops, registry) = (free_port(), free_port(), free_port(), free_port());
    let walk = blocks
        .iter()
        .filter(|block| !block.contains("tests/run.sh"))
        .copied()
        .collect::<String>()
        .replace(
            "cargo run",
            "wharfinger >serve.log 2>&1 & until wharfinger health; do sleep 0.1; done",
        )
        .replace("localhost:5000", &format!("localhost:{registry}"))
        .replace("localhost:5002", &format!("localhost:{admin}"))
        .replace(
            "docker-registry serve registry.yml",
            "docker-registry serve registry.yml >registry.log 2>&1 & sleep 2",
        );
    assert!(
        walk.contains("wharfinger health")
            && walk.contains("docker-registry serve")
            && walk.contains("docker pull")
    );
    let folder = world.new_folder();
    let bin = folder.join("bin");
    let home = folder.join("home");
    std::fs::create_dir(&bin).unwrap();
    std::fs::create_dir(&home).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_wharfinger"), bin.join("wharfinger")).unwrap();
    std::os::unix::fs::symlink("/usr/bin/docker", bin.join("docker")).unwrap();
    let script = format!("set -eu\ntrap 'kill $(jobs -p)' EXIT\nset -x\n{walk}");
    std::fs::write(folder.join("walk.sh"), script).unwrap();
    let mut command = Command::new("bash");
    command
        .arg("walk.sh")
        .current_dir(&folder)
        .env(
            "PATH",
            format!(
                "{}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                bin.display()
            ),
        )
        .env("DOCKER_HOST", &world.engine.address)
        .env("DOCKER_CONFIG", folder.join("docker"))
        .env("HOME", &home)
        .env("WHARFINGER_TOKEN__LISTEN", format!("127.0.0.1:{token}"))
        .env(
            "WHARFINGER_TOKEN__PUBLIC_URL",
            format!("http://localhost:{token}"),
        )
        .env("WHARFINGER_ADMIN__LISTEN", format!("127.0.0.1:{admin}"))
        .env("WHARFINGER_OPS__LISTEN", format!("127.0.0.1:{ops}"));
    let mut process = Process::start(command, &folder.join("walk.log"));
    let status = process.wait();
    assert_eq!(status, Some(0), "{}", process.log());
    assert!(
        process.log().contains("Login Succeeded")
            && process.log().contains("Downloaded newer image")
    );
    nobody_else_has_the_secrets(&home, &process.log());
}

fn nobody_else_has_the_secrets(home: &Path, log: &str) {
    for name in ["alice", "robot", "builds", "admin"] {
        let file = home.join(format!("{name}.token"));
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
        let secret = std::fs::read_to_string(file).unwrap();
        assert!(secret.starts_with("whf_") && secret.lines().count() == 1);
        // The last command asks with the administrator's token, and the shell shows what it runs.
        assert!(
            name == "admin" || !log.contains(secret.trim_end()),
            "{name}"
        );
    }
}
