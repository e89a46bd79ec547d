//! The layers, held by a test that reads `use` lines.

use std::fs;
use std::path::{Path, PathBuf};

/// Which rooms each room may use; a room that is missing here fails the test.
const LAYERS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("config", &["domain"]),
    ("representation", &["domain"]),
    ("ownership", &[]),
    ("storage", &["domain", "ownership"]),
    ("signing", &["domain", "ownership"]),
    ("identity", &["domain", "storage"]),
    ("delivery", &["domain"]),
    (
        "app",
        &["delivery", "domain", "identity", "signing", "storage"],
    ),
    ("http/layers", &["domain"]),
    ("http/token", &["app", "domain", "http/layers", "identity"]),
    (
        "http/admin",
        &["app", "domain", "http/layers", "identity", "representation"],
    ),
    ("http/web", &["app", "domain", "http/layers", "identity"]),
    ("metrics", &["domain"]),
    ("http/ops", &["http/layers", "metrics"]),
    (
        "server",
        &[
            "app",
            "config",
            "delivery",
            "domain",
            "http/layers",
            "http/admin",
            "http/ops",
            "http/token",
            "http/web",
            "identity",
            "metrics",
            "signing",
            "storage",
        ],
    ),
    (
        "cli",
        &[
            "app",
            "config",
            "domain",
            "representation",
            "server",
            "signing",
        ],
    ),
];

/// Crates that only some rooms may name.
const RESERVED: &[(&str, &[&str])] = &[
    ("sea_orm", &["storage"]),
    ("migration", &["storage"]),
    ("anyhow", &["cli", "server"]),
    (
        "axum",
        &[
            "http/admin",
            "http/layers",
            "http/ops",
            "http/token",
            "http/web",
            "server",
        ],
    ),
    ("askama", &["http/web"]),
    ("tower_http", &["http/web"]),
    (
        "tokio",
        &[
            "app",
            "delivery",
            "identity",
            "http/layers",
            "server",
            "cli",
            "storage",
        ],
    ),
    ("age", &["app"]),
    ("argon2", &["identity"]),
    ("rcgen", &["signing"]),
    ("jsonwebtoken", &["signing"]),
    ("p256", &["signing"]),
    ("clap", &["cli"]),
    ("lettre", &["delivery"]),
    ("reqwest", &["cli", "delivery", "server"]),
    ("prometheus_client", &["metrics"]),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The room of a path below `src`, such as `http/token` or `app`.
fn room(parts: &[&str]) -> Option<String> {
    match parts {
        ["http", face, ..] => Some(format!("http/{face}")),
        [room, ..] => Some((*room).to_owned()),
        [] => None,
    }
}

/// Expands `a::{b, c::{d, e}}` into `a::b`, `a::c::d` and `a::c::e`.
fn expand(path: &str) -> Vec<String> {
    let Some((prefix, group)) = path.split_once('{') else {
        let path = path.split(" as ").next().unwrap_or(path);
        return vec![path.trim().to_owned()];
    };
    let inner = group.trim_end().strip_suffix('}').unwrap();
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, letter) in inner.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&inner[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inner[start..]);
    let whole = parts
        .into_iter()
        .map(str::trim)
        .filter(|part| !part.is_empty());
    whole
        .flat_map(|part| expand(&format!("{prefix}{part}")))
        .collect()
}

/// Every path that a source names after `use`, and every path that begins with `crate::` in its code.
fn named_paths(text: &str) -> Vec<String> {
    let code: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    let code = code.join("\n");
    let mut paths = Vec::new();
    for (at, _) in code.match_indices("use ") {
        let starts_statement = code[..at].trim_end().is_empty()
            || code[..at].trim_end().ends_with([';', '{', '}', ']', ')'])
            || code[..at].trim_end().ends_with("pub");
        if starts_statement && let Some(end) = code[at..].find(';') {
            let statement: String = code[at + 4..at + end]
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ");
            paths.extend(expand(&statement));
        }
    }
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at..];
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
            .unwrap_or(rest.len());
        // What ends in `::` begins a group after `use`, which was expanded above.
        if !rest[..end].ends_with("::") {
            paths.push(rest[..end].to_owned());
        }
    }
    paths
}

fn is_allowed(table: &[(&str, &[&str])], from: &str, to: &str) -> bool {
    table
        .iter()
        .any(|(room, uses)| *room == from && uses.contains(&to))
}

#[test]
fn rooms_use_only_what_is_below_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut wrong = Vec::new();
    let mut looked_at = 0;
    for file in files {
        let relative = file.strip_prefix(&root).unwrap().with_extension("");
        let parts: Vec<&str> = relative.iter().map(|part| part.to_str().unwrap()).collect();
        // main, lib and the module list of http only name rooms.
        if matches!(parts.as_slice(), ["main" | "lib"] | ["http", "mod"]) {
            continue;
        }
        let from = room(&parts).unwrap();
        assert!(
            LAYERS.iter().any(|(room, _)| *room == from),
            "the room {from} has no place in the layers"
        );
        for path in named_paths(&fs::read_to_string(&file).unwrap()) {
            let segments: Vec<&str> = path.split("::").filter(|part| !part.is_empty()).collect();
            looked_at += 1;
            if let ["crate", inside @ ..] = segments.as_slice() {
                let to = room(inside).unwrap_or_default();
                // A constant or function at a room's top is the room itself.
                if to != from
                    && !from.starts_with(&format!("{to}/"))
                    && !is_allowed(LAYERS, &from, &to)
                {
                    wrong.push(format!("{}: {from} uses {path}", file.display()));
                }
            } else if let Some((name, rooms)) = RESERVED
                .iter()
                .find(|(name, _)| Some(name) == segments.first())
                && !rooms.contains(&from.as_str())
            {
                wrong.push(format!("{}: {from} names {name}", file.display()));
            }
        }
    }
    assert!(
        looked_at > 300,
        "only {looked_at} paths were found: is the reader broken?"
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn grouped_and_nested_uses_are_seen() {
    let text = "//! use crate::hidden;\npub use crate::{app, domain::{action::Action as A, scope}};\nfn f() { crate::storage::users::all(); }\n";
    let found = named_paths(text);
    for path in [
        "crate::app",
        "crate::domain::action::Action",
        "crate::domain::scope",
        "crate::storage::users::all",
    ] {
        assert!(
            found.iter().any(|other| other == path),
            "{path} in {found:?}"
        );
    }
    assert!(!found.iter().any(|path| path.contains("hidden")));
}

/// The verifier can only be a second opinion if it is written apart from what it verifies.
#[test]
fn the_verifier_does_not_know_the_service() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verifier");
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    let depends = |line: &str| line.starts_with("wharfinger") || line.contains("path =");
    assert!(!manifest.lines().any(depends), "{manifest}");
}

#[test]
fn files_stay_short() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let is_test = |path: &PathBuf| {
        path.file_stem()
            .unwrap()
            .to_str()
            .unwrap()
            .ends_with("tests")
    };
    let mut lengths: Vec<usize> = files
        .iter()
        .filter(|path| !is_test(path))
        .map(|path| fs::read_to_string(path).unwrap().lines().count())
        .collect();
    lengths.sort_unstable();
    assert!(
        lengths[lengths.len() / 2] <= 120,
        "the median file has {} lines",
        lengths[lengths.len() / 2]
    );
    assert!(
        lengths.last().is_some_and(|longest| *longest <= 500),
        "{:?}",
        lengths.last()
    );
}

/// The nouns, which stand on every floor that has something to do with them.
const NOUNS: &[(&str, &[&str])] = &[
    (
        "access_tokens",
        &["app", "domain", "storage", "http/admin", "representation"],
    ),
    (
        "deploy_tokens",
        &["app", "domain", "storage", "http/admin", "representation"],
    ),
    (
        "refresh_tokens",
        &["app", "domain", "storage", "http/admin", "representation"],
    ),
    ("sessions", &["app", "domain", "storage"]),
    (
        "users",
        &["app", "domain", "storage", "http/admin", "representation"],
    ),
    (
        "namespaces",
        &["app", "domain", "storage", "http/admin", "representation"],
    ),
    (
        "members",
        &["app", "domain", "storage", "http/admin", "representation"],
    ),
    (
        "registry",
        &["app", "domain", "http/admin", "representation"],
    ),
    (
        "notices",
        &["app", "domain", "storage", "http/admin", "representation"],
    ),
    (
        "two_factor",
        &["app", "domain", "storage", "http/admin", "representation"],
    ),
    ("events", &["domain", "storage"]),
    (
        "audit_events",
        &["app", "storage", "http/admin", "representation"],
    ),
    (
        "usage",
        &["app", "domain", "storage", "http/admin", "representation"],
    ),
    (
        "repositories",
        &["app", "storage", "http/admin", "representation"],
    ),
];

/// No credential leaves for an address from outside: nothing but these asks another server anything, and the address of the
/// webhook, of the mail server and of the collector of traces is the operator's.
#[test]
fn only_the_health_check_deliveries_and_traces_send_requests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    files.retain(|file| {
        let text = fs::read_to_string(file).unwrap();
        ["reqwest", "lettre"].iter().any(|way| text.contains(way))
    });
    files.sort();
    let deliveries = ["mail", "mod", "relay", "resolver", "webhook"];
    let deliveries = deliveries.map(|name| root.join(format!("delivery/{name}.rs")));
    let mut expected = vec![root.join("cli/health.rs")];
    expected.extend(deliveries);
    expected.push(root.join("server/traces.rs"));
    assert_eq!(files, expected);
}

#[test]
fn the_same_nouns_stand_on_every_floor() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (noun, floors) in NOUNS {
        for floor in *floors {
            let place = root.join(floor).join(noun);
            assert!(
                place.is_dir() || place.with_extension("rs").is_file(),
                "{floor} has no room {noun}"
            );
        }
    }
    for floor in ["app", "domain", "storage"] {
        for entry in fs::read_dir(root.join(floor)).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let is_room = entry.path().is_dir();
            let others = [
                "authority",
                "backup",
                "changes",
                "connections",
                "decision",
                "directory",
                "entity",
                "error",
                "lists",
                "schema",
            ];
            assert!(
                !is_room
                    || others.contains(&name.as_str())
                    || NOUNS.iter().any(|(noun, _)| *noun == name),
                "{floor}/{name} is no noun that all floors know"
            );
        }
    }
}

/// Every caller comes in through `app/admit.rs`, and nothing behind the door writes.
#[test]
fn there_is_one_door_and_identity_only_reads() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let place = file.strip_prefix(&root).unwrap().to_str().unwrap();
        if place.starts_with("identity/") {
            for writer in ["Change", "Login", "begin(", "begin_login(", "note_use("] {
                assert!(!text.contains(writer), "{place} names {writer}");
            }
        } else if place != "app/admit.rs" {
            for key in [
                ".authenticate(",
                ".authenticate_access_token(",
                ".authenticate_password(",
                "usage.note(",
            ] {
                assert!(!text.contains(key), "{place} lets somebody in with {key}");
            }
        }
    }
}

/// The declarations at the left margin, beside the commands of the command line, one a noun, and the
/// tables, which nobody sees.
#[test]
fn no_two_types_have_one_name() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut names: Vec<(String, String)> = Vec::new();
    for file in files {
        let place = file.strip_prefix(&root).unwrap().display().to_string();
        if place.starts_with("storage/entity/") {
            continue;
        }
        for line in fs::read_to_string(&file).unwrap().lines() {
            let words: Vec<&str> = line
                .split(|c: char| !(c.is_alphanumeric() || c == '_'))
                .collect();
            let kind = words
                .iter()
                .position(|word| ["struct", "enum", "trait", "type"].contains(word));
            let is_declaration = !line.starts_with([' ', '/']) && line.ends_with(['{', ';', ')']);
            if let Some(at) = kind.filter(|_| is_declaration)
                && let Some(name) = words.get(at + 1).filter(|name| **name != "Command")
            {
                names.push(((*name).to_owned(), place.clone()));
            }
        }
    }
    names.sort();
    let doubles: Vec<_> = names
        .windows(2)
        .filter(|pair| pair[0].0 == pair[1].0)
        .map(|pair| format!("{} in {} and {}", pair[0].0, pair[0].1, pair[1].1))
        .collect();
    assert!(names.len() > 150 && doubles.is_empty(), "{doubles:#?}");
}

/// The modules that each module uses, tests left out.
fn uses_of_modules() -> Vec<(String, Vec<String>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    files.retain(|file| !file.to_str().unwrap().ends_with("tests.rs"));
    let module = |file: &PathBuf| {
        let relative = file.strip_prefix(&root).unwrap().with_extension("");
        let path = relative.to_str().unwrap().replace('/', "::");
        path.strip_suffix("::mod").unwrap_or(&path).to_owned()
    };
    let modules: Vec<String> = files.iter().map(module).collect();
    let longest = |path: &str| {
        let holds = |module: &&String| path == **module || path.starts_with(&format!("{module}::"));
        let found = modules.iter().filter(holds);
        found.max_by_key(|module| module.len()).cloned()
    };
    let uses = |file: &PathBuf| {
        let text = fs::read_to_string(file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let paths = named_paths(code);
        let ours = paths.iter().filter_map(|path| path.strip_prefix("crate::"));
        let mut used: Vec<String> = ours.filter_map(longest).collect();
        used.sort();
        used.dedup();
        used
    };
    files
        .iter()
        .map(|file| (module(file), uses(file)))
        .collect()
}

/// A room and its own files may know each other, and so may tables, which refer to one another.
fn may_know_each_other(one: &str, other: &str) -> bool {
    one == other
        || one.starts_with(&format!("{other}::"))
        || other.starts_with(&format!("{one}::"))
        || (one.starts_with("storage::entity") && other.starts_with("storage::entity"))
}

#[test]
fn no_files_go_in_circles() {
    let all = uses_of_modules();
    let of = |name: &str| {
        let found = all.iter().find(|(other, _)| other == name);
        found.map_or(&[][..], |(_, uses)| uses.as_slice())
    };
    let mut circles = Vec::new();
    for (name, used) in &all {
        for other in used
            .iter()
            .filter(|other| !may_know_each_other(name, other))
        {
            let (mut seen, mut at) = (vec![other.clone()], 0);
            while let Some(next) = seen.get(at).cloned() {
                for further in of(&next) {
                    if !may_know_each_other(&next, further) && !seen.contains(further) {
                        seen.push(further.clone());
                    }
                }
                at += 1;
            }
            if seen.contains(name) {
                circles.push(format!("{name} uses {other}, which uses {name} again"));
            }
        }
    }
    assert!(circles.is_empty(), "{circles:#?}");
}

/// Test functions are read from their attribute to the brace at its margin.
#[test]
fn no_test_function_is_long() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src", "tests", "fuzz/properties"] {
        sources(&root.join(folder), &mut files);
    }
    let (mut count, mut long) = (0, Vec::new());
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let attribute = line.trim_start();
            if !attribute.starts_with("#[test]") && !attribute.starts_with("#[tokio::test") {
                continue;
            }
            let margin = &line[..line.len() - attribute.len()];
            let end = format!("{margin}}}");
            let length = lines[at..].iter().position(|line| *line == end).unwrap();
            count += 1;
            if length > 60 {
                long.push(format!("{}:{}: {length} lines", file.display(), at + 1));
            }
        }
    }
    assert!(count > 400 && long.is_empty(), "{count} tests; {long:#?}");
}
