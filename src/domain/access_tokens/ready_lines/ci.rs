//! Variables and steps of CI services. The secret goes into their store, never into a file of the repository.

use std::fmt::Write;

use crate::domain::access_tokens::ready_lines::{
    ReadyLines, ReadyPart, RegistryCredential, quoted, yaml_text,
};

/// The variable that has the secret.
const VARIABLE: &str = "REGISTRY_TOKEN";

/// A secret of GitHub's, and a step that logs in with it.
pub(super) fn github(credential: RegistryCredential<'_>) -> ReadyLines {
    let mut steps = String::new();
    for host in credential.hosts {
        // Writing to a string does not fail.
        let _ = write!(
            steps,
            "- uses: docker/login-action@v3\n  with:\n    registry: {}\n    username: {}\n    password: ${{{{ secrets.{VARIABLE} }}}}\n",
            yaml_text(host.as_str()),
            yaml_text(credential.username.as_str()),
        );
    }
    ReadyLines {
        id: "github",
        title: "GitHub Actions",
        parts: vec![
            ReadyPart {
                sentence: "Store the secret once, in a clone of the repository:",
                file: "github-secret.sh",
                text: stored(credential, &format!("gh secret set {VARIABLE}")),
            },
            ReadyPart {
                sentence: "Then log in with it, as a step of the job:",
                file: "login-step.yaml",
                text: steps,
            },
        ],
    }
}

/// A masked variable of GitLab's, and the lines of a job that logs in with it.
pub(super) fn gitlab(credential: RegistryCredential<'_>) -> ReadyLines {
    let mut job = "before_script:\n".to_owned();
    for host in credential.hosts {
        let user = quoted(credential.username.as_str());
        let line = format!(
            "printf %s \"${VARIABLE}\" | docker login --username {user} --password-stdin {}",
            quoted(host.as_str())
        );
        // Writing to a string does not fail.
        let _ = writeln!(job, "  - {}", yaml_text(&line));
    }
    ReadyLines {
        id: "gitlab",
        title: "GitLab CI",
        parts: vec![
            ReadyPart {
                sentence: "Store the secret once, in a clone of the repository:",
                file: "gitlab-variable.sh",
                text: stored(
                    credential,
                    &format!("glab variable set {VARIABLE} --masked"),
                ),
            },
            ReadyPart {
                sentence: "Then log in with it, in the job of .gitlab-ci.yml:",
                file: "login-job.yaml",
                text: job,
            },
        ],
    }
}

fn stored(credential: RegistryCredential<'_>, command: &str) -> String {
    let secret = quoted(credential.secret.expose());
    format!("printf %s {secret} | {command}\n")
}
