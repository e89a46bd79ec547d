//! The steps that a first start tells a person.

use std::ffi::OsString;
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
        let program = invocation(std::env::args_os());
        let command = |command: &&str| format!("{program} {command}");
        Self {
            about: about.to_owned(),
            commands: commands.iter().map(command).collect(),
        }
    }
}

/// The way in which the person who started this called it, which works for other commands, too: the program, and
/// the configuration file if one was named.
fn invocation(arguments: impl IntoIterator<Item = OsString>) -> String {
    let text = |argument: OsString| argument.to_string_lossy().into_owned();
    let mut arguments = arguments.into_iter().map(text);
    let program = arguments.next().unwrap_or_else(|| "wharfinger".to_owned());
    let mut file = None;
    while let Some(argument) = arguments.next() {
        match argument.strip_prefix("--config") {
            Some("") => file = arguments.next(),
            Some(rest) => file = rest.strip_prefix('=').map(str::to_owned).or(file),
            None => {}
        }
    }
    let file = file.map(|file| format!(" --config {}", quoted(&file)));
    format!("{}{}", quoted(&program), file.unwrap_or_default())
}

/// A word of a command as a shell reads it back.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:+@,".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// The steps for the same people as in the README.
fn next_steps(config: &Config) -> Vec<FirstStep> {
    let registries = configurations(&config.registries);
    let registries: Vec<&str> = registries.iter().map(String::as_str).collect();
    let docs = config.admin.public_url.join("/api/docs");
    let pages = config.admin.public_url.join("/sign_in");
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
            about: format!("Sign in on the web pages, if you have a password: {pages}"),
            commands: Vec::new(),
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
            .map(|registry| format!(" --service {}", quoted(registry.service.as_str())))
            .collect(),
    };
    let command = |arguments| format!("registry config{arguments}");
    arguments.into_iter().map(command).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_called_as_the_start_was() {
        for (called, told) in [
            (&["wharfinger"][..], "wharfinger"),
            (
                &["target/debug/wharfinger", "serve"],
                "target/debug/wharfinger",
            ),
            (
                &["w", "--config", "../other.toml", "serve"],
                "w --config ../other.toml",
            ),
            (
                &["w", "serve", "--config=/etc/w.toml"],
                "w --config /etc/w.toml",
            ),
            (
                &["/my programs/w", "--config", "it's"],
                r"'/my programs/w' --config 'it'\''s'",
            ),
            (&[], "wharfinger"),
        ] {
            let called = called.iter().map(OsString::from);
            assert_eq!(invocation(called), told);
        }
        assert_eq!(quoted("Docker registry"), "'Docker registry'");
    }
}
