//! Nothing that any program printed holds a secret.

use std::path::{Path, PathBuf};

use crate::harness::{Story, World};

pub(crate) const STORIES: &[Story] = &[("no_output_shows_a_secret", no_output_shows_a_secret)];

/// zot CVE-2025-48374, a debug line of Quay, `docker_auth` at level 2: secrets in logs.
fn no_output_shows_a_secret(world: &World) {
    let secrets = world.secrets.lock().unwrap().clone();
    assert!(
        secrets.len() >= 20,
        "only {} secrets were used: did the other stories run?",
        secrets.len()
    );
    let logs = logs(world.folder());
    let names: Vec<_> = logs
        .iter()
        .filter_map(|path| path.file_name()?.to_str())
        .collect();
    for name in [
        "serve.log",
        "cli.log",
        "clients.log",
        "registry.log",
        "engine.log",
        "containerd.log",
    ] {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
    for path in logs {
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        assert!(text.len() > 100, "{} is as good as empty", path.display());
        for (position, secret) in secrets.iter().enumerate() {
            assert!(
                !text.contains(secret.as_str()),
                "{} shows secret {position}",
                path.display()
            );
        }
    }
    let served = world.service.process.log();
    assert!(
        served.matches("\"http.route\":\"/jwt/auth\"").count() > 30,
        "the log has a line for each request"
    );
    assert!(!served.contains("eyJ"), "no signed token either");
}

fn logs(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for namespace in ["", "service", "registry", "engine", "containerd"] {
        for entry in std::fs::read_dir(folder.join(namespace)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "log") {
                found.push(path);
            }
        }
    }
    found
}
