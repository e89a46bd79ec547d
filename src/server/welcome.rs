//! The steps that a first start tells a person.

use std::ffi::OsString;
use std::fmt::Write;
use std::io::IsTerminal;
use std::path::Path;

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
    let password = administrator.filter(|_| shown.is_none()).map(|first| {
        let command = format!("user reset-password {}", first.username);
        let here = std::env::current_dir().unwrap_or_default();
        let place = place(&here, config.file.as_deref());
        let about = format!("Give the administrator a password{place}:");
        FirstStep::new(&about, &[&command], config)
    });
    let others = next_steps(config);
    if !log.is_for_people() {
        // Nobody comes in without it, also where the log has warnings alone.
        if let Some(step) = password {
            tracing::warn!("first start, what to do next: {}", step.in_a_line());
        }
        for step in others {
            tracing::info!("first start, what to do next: {}", step.in_a_line());
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
    let steps = password.iter().chain(&others);
    for (index, FirstStep { about, commands }) in steps.enumerate() {
        let _ = writeln!(text, "{}. {about}", index + 1);
        for command in commands {
            let _ = writeln!(text, "     {command}");
        }
    }
    log.say(&(text + "\n"));
}

impl FirstStep {
    fn new(about: &str, commands: &[&str], config: &Config) -> Self {
        let program = invocation(std::env::args_os().next(), config.file.as_deref());
        let command = |command: &&str| format!("{program} {command}");
        Self {
            about: about.to_owned(),
            commands: commands.iter().map(command).collect(),
        }
    }

    fn in_a_line(&self) -> String {
        let line = format!("{} {}", self.about, self.commands.join("; "));
        line.trim_end().to_owned()
    }
}

/// The words that begin other commands for this service, too: the program as it was called, and the configuration file if
/// one was named, also by a variable, which a person's shell does not have.
fn invocation(program: Option<OsString>, file: Option<&Path>) -> String {
    let program = program.unwrap_or_else(|| "wharfinger".into());
    let file = file.map(|file| format!(" --config {}", quoted(&file.to_string_lossy())));
    format!(
        "{}{}",
        quoted(&program.to_string_lossy()),
        file.unwrap_or_default()
    )
}

/// The words about where a command finds this service's database, if whoever has the configuration file would not know: a supervisor
/// chose the folder, in which paths begin, and perhaps the environment.
fn place(here: &Path, file: Option<&Path>) -> String {
    let folder = file.map(|file| here.join(file));
    let folder = folder.as_deref().and_then(Path::parent);
    let canonical = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if folder.is_none_or(|folder| canonical(folder) == canonical(here)) {
        return String::new();
    }
    format!(
        ", as the service's user, in {}, with its environment",
        here.display()
    )
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
            config,
        ),
        FirstStep::new(
            "Make a user, a place for images, and let the one into the other:",
            &[
                "user create alice",
                "group create team",
                "project create team/app",
                "member add team alice --level developer",
            ],
            config,
        ),
        FirstStep::new(
            "Make a token; the secret is printed once:",
            &[
                "token create --user alice --name laptop --scope read_registry --scope write_registry",
            ],
            config,
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
        for (program, file, told) in [
            (Some("wharfinger"), None, "wharfinger"),
            (
                Some("target/debug/wharfinger"),
                None,
                "target/debug/wharfinger",
            ),
            (Some("w"), Some("../other.toml"), "w --config ../other.toml"),
            (
                Some("/my programs/w"),
                Some("it's"),
                r"'/my programs/w' --config 'it'\''s'",
            ),
            (None, None, "wharfinger"),
        ] {
            let told_here = invocation(program.map(OsString::from), file.map(Path::new));
            assert_eq!(told_here, told);
        }
        assert_eq!(quoted("Docker registry"), "'Docker registry'");
    }

    /// Under systemd the folder is the state's, and the configuration is in another one.
    #[test]
    fn a_service_in_another_folder_than_its_file_says_where_commands_run() {
        let here = Path::new("/var/lib/w");
        for file in [
            None,
            Some("w.toml"),
            Some("./w.toml"),
            Some("/var/lib/w/w.toml"),
        ] {
            assert_eq!(place(here, file.map(Path::new)), "", "{file:?}");
        }
        for file in ["/etc/w/w.toml", "conf/w.toml", "../w.toml"] {
            let told = ", as the service's user, in /var/lib/w, with its environment";
            assert_eq!(place(here, Some(Path::new(file))), told);
        }
    }
}
