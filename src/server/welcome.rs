//! The steps that a first start tells a person.

use std::fmt::Write;
use std::io::IsTerminal;

use secrecy::ExposeSecret;

use crate::app::users::FirstAdministrator;
use crate::config::Config;
use crate::domain::registry::{Registry, TrustMode};
use crate::server::telemetry::OpenLog;
use crate::signing::KeyRing;

/// One thing to do, with the commands that do it.
struct FirstStep {
    about: String,
    commands: Vec<String>,
}

/// Tells what comes next, after the first start: as a text for people, or as lines of a log that is JSON.
///
/// The password is shown on a terminal only: anywhere else it would end up in a log.
pub(super) fn tell(
    log: &OpenLog,
    config: &Config,
    keys: &KeyRing,
    administrator: Option<&FirstAdministrator>,
) {
    let shown = administrator.filter(|_| log.is_for_people() && std::io::stderr().is_terminal());
    let mut steps = Vec::new();
    if let Some(first) = administrator.filter(|_| shown.is_none()) {
        let name = &first.username;
        steps.push(FirstStep::new(
            "Give the administrator a password:",
            &[&format!("user reset-password {name}")],
        ));
    }
    steps.extend(next_steps(config));
    if !log.is_for_people() {
        for FirstStep { about, commands } in steps {
            let commands = commands.join("; ");
            let step = format!("{about} {commands}");
            tracing::info!("first start, what to do next: {}", step.trim_end());
        }
        return;
    }
    let mut text = format!(
        "This is the first start. Registries trust {}.\n",
        keys.ca_certificate_path().display()
    );
    if let Some(first) = shown {
        let (name, password) = (&first.username, first.password.expose_secret());
        let _ = writeln!(
            text,
            "The user {name} has the password {password} (shown only now)."
        );
    }
    text += "\nWhat to do next:\n";
    for (index, FirstStep { about, commands }) in steps.iter().enumerate() {
        let _ = writeln!(text, "{}. {about}", index + 1);
        for command in commands {
            let _ = writeln!(text, "     {command}");
        }
    }
    log.say(&(text + "\n"));
}

impl FirstStep {
    fn new(about: &str, commands: &[&str]) -> Self {
        let program = program();
        let command = |command: &&str| format!("{program} {command}");
        Self {
            about: about.to_owned(),
            commands: commands.iter().map(command).collect(),
        }
    }
}

/// The way in which the person who started this called it, which works for other commands, too.
fn program() -> String {
    let called = std::env::args_os().next();
    called.map_or_else(
        || "wharfinger".to_owned(),
        |called| called.to_string_lossy().into_owned(),
    )
}

/// The steps for the same people as in the README.
fn next_steps(config: &Config) -> Vec<FirstStep> {
    let registries = configurations(&config.registries);
    let registries: Vec<&str> = registries.iter().map(String::as_str).collect();
    let docs = config.admin.public_url.join("/api/docs");
    vec![
        FirstStep::new(
            "Put this into your registry's configuration, and restart it:",
            &registries,
        ),
        FirstStep::new(
            "Make a user, a place for images, and let the one into the other:",
            &[
                "user create alice",
                "group create team",
                "project create team/app",
                "member add team alice --level developer",
            ],
        ),
        FirstStep::new(
            "Make a token; the secret is printed once:",
            &[
                "token create --user alice --name laptop --scope read_registry --scope write_registry",
            ],
        ),
        FirstStep {
            about: "Log in, with the secret as the password:".to_owned(),
            commands: vec!["docker login --username alice REGISTRY".to_owned()],
        },
        FirstStep {
            about: format!("Read how programs do the same: {docs}"),
            commands: Vec::new(),
        },
    ]
}

/// The commands that print what each registry needs.
fn configurations(registries: &[Registry]) -> Vec<String> {
    let arguments = match registries {
        [only] if only.trust != TrustMode::Pinned => vec![" --for distribution".to_owned()],
        [_] => vec![String::new()],
        several => several
            .iter()
            .map(|registry| format!(" --service {}", registry.service))
            .collect(),
    };
    let command = |arguments| format!("registry config{arguments}");
    arguments.into_iter().map(command).collect()
}
