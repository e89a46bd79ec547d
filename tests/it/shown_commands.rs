//! Commands that pages, settings and alerts show are there, with all their options.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Folders and files that show commands to people.
const SHOWING: &[&str] = &[
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs",
    "deploy",
    "Dockerfile",
    "docker-compose.yml",
    "src/config/default.toml",
];

fn add_files(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            add_files(&entry.unwrap().path(), found);
        }
    } else if path.extension().is_none_or(|extension| extension != "png") {
        found.push(path.to_owned());
    }
}

/// The help of a command, each once.
#[derive(Default)]
struct Helps(BTreeMap<Vec<String>, String>);

impl Helps {
    fn of(&mut self, command: &[String]) -> &str {
        self.0.entry(command.to_vec()).or_insert_with(|| {
            let mut help = Command::new(env!("CARGO_BIN_EXE_wharfinger"));
            let help = help.args(command).arg("--help").output().unwrap();
            assert!(help.status.success(), "{command:?}");
            String::from_utf8(help.stdout).unwrap()
        })
    }

    /// True if a command has that one below it.
    fn has_below(&mut self, command: &[String], name: &str) -> bool {
        let help = self.of(command);
        let below = help.split("\nCommands:\n").nth(1).unwrap_or_default();
        let below = below.lines().take_while(|line| line.starts_with("  "));
        let mut names = below.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
        names.any(|known| known == name)
    }

    /// True if a command has that option.
    fn has_option(&mut self, command: &[String], option: &str) -> bool {
        let help = self.of(command);
        help.split([' ', ',', '\n', '=']).any(|word| word == option)
    }
}

/// The texts behind each `wharfinger ` that begins a command: in a block of code, or between backticks.
fn shown(text: &str) -> Vec<&str> {
    let mut is_code = false;
    let mut found = Vec::new();
    for line in text.lines() {
        is_code ^= line.trim_start().starts_with("```");
        for (at, name) in line.match_indices("wharfinger ") {
            let before = line.get(..at).unwrap_or_default();
            let is_word = before.is_empty() || before.ends_with([' ', '`', '/', '(', '"', '$']);
            let is_quoted = before.matches('`').count() % 2 == 1;
            if is_word && (is_code || is_quoted) {
                let rest = line.get(at + name.len()..).unwrap_or_default();
                let end = ['`', '|', ';', ')', '"', '#', '>', '&'];
                found.push(rest.split(end).next().unwrap_or_default());
            }
        }
    }
    found
}

/// The fault of a command line; none if there is such a command with these options.
fn fault(helps: &mut Helps, line: &str) -> Option<String> {
    let (mut command, mut is_over) = (Vec::new(), false);
    for word in line.split_whitespace() {
        let is_name = word
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || letter == '-');
        if let Some(option) = word.strip_prefix("--") {
            let name = option.split('=').next().unwrap_or_default();
            if !helps.has_option(&command, &format!("--{name}")) {
                return Some(format!("{command:?} has no option --{name}"));
            }
            is_over = true;
        } else if !is_over && is_name && helps.has_below(&command, word) {
            command.push(word.to_owned());
        } else if word == "wharfinger" || word == "…" {
            // A container of that name comes before the command, and three dots stand for any commands.
            is_over = word == "…";
        } else if !is_over && is_name && helps.of(&command).contains("\nCommands:\n") {
            return Some(format!("there is no command {word} in {command:?}"));
        } else {
            is_over = true;
        }
    }
    None
}

#[test]
fn every_command_that_is_shown_is_there_with_its_options() {
    let mut files = Vec::new();
    for name in SHOWING {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        add_files(&root.join(name), &mut files);
    }
    let (mut helps, mut number, mut faults) = (Helps::default(), 0, Vec::new());
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for line in shown(&text) {
            number += 1;
            let fault = fault(&mut helps, line);
            faults.extend(fault.map(|fault| format!("{}: {fault} ({line})", file.display())));
        }
    }
    assert!(number > 90, "{number}");
    assert!(faults.is_empty(), "{faults:#?}");
}

/// Everybody on a machine reads the arguments of its programs.
#[test]
fn no_command_that_is_shown_has_a_secret_among_its_arguments() {
    let mut files = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in SHOWING.iter().chain(&["src/http", "src/representation"]) {
        add_files(&root.join(name), &mut files);
    }
    let mut number = 0;
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for line in text.lines().filter(|line| line.contains("curl ")) {
            number += 1;
            for secret in ["PRIVATE-TOKEN: ", "Bearer ", "private_token="] {
                assert!(!line.contains(secret), "{}: {line}", file.display());
            }
        }
    }
    assert!(number > 4, "{number}");
}

#[test]
fn a_command_that_is_not_there_is_seen() {
    let text = "`wharfinger token list --active` and `wharfinger tokens` and `wharfinger token lst`\n```\nsudo wharfinger user list --json\n```\n";
    let faults = shown(text);
    let mut helps = Helps::default();
    let faults: Vec<_> = faults
        .into_iter()
        .map(|line| fault(&mut helps, line))
        .collect();
    assert_eq!(
        faults,
        [
            Some("[\"token\", \"list\"] has no option --active".to_owned()),
            Some("there is no command tokens in []".to_owned()),
            Some("there is no command lst in [\"token\"]".to_owned()),
            None,
        ]
    );
}
