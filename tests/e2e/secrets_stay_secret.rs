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
    let mut logs = Vec::new();
    find_logs(world.folder(), &mut logs);
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
        let longest = logs.iter().filter(|path| path.ends_with(name));
        let longest = longest.map(|path| path.metadata().unwrap().len()).max();
        assert!(longest > Some(100), "{name} is as good as empty");
    }
    for path in logs {
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
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

/// All logs in a folder: each story has services and clients in a folder of its own.
fn find_logs(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let entry = entry.unwrap();
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            find_logs(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "log") {
            found.push(path);
        }
    }
}
