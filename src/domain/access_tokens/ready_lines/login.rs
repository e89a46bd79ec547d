//! Logins of clients, and the file that they keep.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::domain::access_tokens::ready_lines::{
    ReadyLines, ReadyPart, RegistryCredential, quoted,
};

/// `docker login`
pub(super) fn docker(credential: RegistryCredential<'_>) -> ReadyLines {
    ReadyLines {
        id: "docker",
        title: "docker login",
        parts: vec![ReadyPart {
            sentence: "Run this where you pull and push:",
            file: "docker-login.sh",
            text: logins("docker", credential),
        }],
    }
}

/// `podman login`
pub(super) fn podman(credential: RegistryCredential<'_>) -> ReadyLines {
    ReadyLines {
        id: "podman",
        title: "podman",
        parts: vec![ReadyPart {
            sentence: "Run this where you pull and push:",
            file: "podman-login.sh",
            text: logins("podman", credential),
        }],
    }
}

/// The file of Docker's clients, which many others read too.
pub(super) fn configuration(credential: RegistryCredential<'_>) -> ReadyLines {
    ReadyLines {
        id: "config",
        title: "config.json",
        parts: vec![ReadyPart {
            sentence: "Save this as ~/.docker/config.json, which only you may read (chmod 600). If there is such a file, add what stands in “auths” to its own “auths” instead:",
            file: "config.json",
            text: format!("{:#}\n", auths(credential)),
        }],
    }
}

fn logins(client: &str, credential: RegistryCredential<'_>) -> String {
    let user = credential.username;
    let lines = credential.hosts.iter().map(|host| {
        format!(
            "printf %s {} |\n  {client} login --username {} --password-stdin {}\n",
            quoted(credential.secret.expose()),
            quoted(user.as_str()),
            quoted(host.as_str())
        )
    });
    lines.collect()
}

/// The content of `config.json`.
pub(super) fn auths(credential: RegistryCredential<'_>) -> serde_json::Value {
    let (user, secret) = (credential.username, credential.secret.expose());
    let entry = json!({ "auth": STANDARD.encode(format!("{user}:{secret}")) });
    let entries = credential.hosts.iter();
    let entries: serde_json::Map<_, _> = entries
        .map(|host| (host.to_string(), entry.clone()))
        .collect();
    json!({ "auths": entries })
}
