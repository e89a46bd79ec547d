//! Pages, headings and files that comments and pages name are there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use wharfinger::domain::events::EventAction;

/// Folders and files that hold text of ours; what builds and runs leave beside it is not looked at.
const TEXTS: &[&str] = &[
    "src",
    "migration",
    "examples",
    "tests",
    "docs",
    "keys",
    "fuzz/properties",
    "fuzz/fuzz_targets",
    "fuzz/README.md",
    "fuzz/Cargo.toml",
    "Cargo.toml",
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "clippy.toml",
    "deny.toml",
];

/// Words that make a reader guess: a comment begins with the thing that it explains.
const RIDDLES: &[&str] = &[
    "What",
    "Whatever",
    "Whether",
    "Whose",
    "Which",
    "Why",
    "When",
    "Where",
    "Who",
    "Whom",
    "Whoever",
    "How",
    "In all",
    "By what",
    "By whom",
    "For what",
    "For whom",
    "From what",
    "Of what",
    "On what",
    "To what",
    "To whom",
    "With what",
];

/// Sources whose comments do not begin with one of these yet.
const WITH_RIDDLES: &[&str] = &["tests"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn add_files(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            add_files(&entry.unwrap().path(), found);
        }
    } else if let Some("rs" | "toml" | "md" | "sh" | "py") =
        path.extension().and_then(|extension| extension.to_str())
    {
        found.push(path.to_owned());
    }
}

/// Every file with text of ours, and that text.
fn texts() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for name in TEXTS {
        add_files(&root().join(name), &mut files);
    }
    files.sort();
    let text = |path: PathBuf| (path.clone(), fs::read_to_string(path).unwrap());
    files.into_iter().map(text).collect()
}

fn pages() -> Vec<(PathBuf, String)> {
    let mut pages = texts();
    pages.retain(|(path, _)| path.extension().is_some_and(|extension| extension == "md"));
    pages
}

/// The text without the marks of comments, so that what a line break divides is whole again.
fn without_comment_marks(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let line = line.trim();
        let marks = ["///", "//!", "//", "# "];
        let bare = marks.iter().find_map(|mark| line.strip_prefix(mark));
        bare.unwrap_or(line).trim()
    });
    lines.collect::<Vec<_>>().join(" ")
}

/// The text of every heading, outside of blocks of code.
fn headings(page: &str) -> Vec<&str> {
    let mut is_code = false;
    let lines = page.lines().filter(|line| {
        is_code ^= line.starts_with("```");
        !is_code && line.starts_with('#')
    });
    lines
        .map(|line| line.trim_start_matches('#').trim())
        .collect()
}

/// The anchor that forges make of a heading.
fn slug(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// One mention of a page: its path, and the sections (`§2.6`) or anchors (`#words`) behind it.
#[derive(Debug, PartialEq, Eq)]
struct Mention<'a> {
    page: &'a str,
    anchor: Option<&'a str>,
    sections: Vec<&'a str>,
}

fn mentions(text: &str) -> Vec<Mention<'_>> {
    let is_of_path = |letter: char| letter.is_ascii_alphanumeric() || "-_./".contains(letter);
    let mut found = Vec::new();
    for (at, ending) in text.match_indices(".md") {
        let rest = &text[at + ending.len()..];
        let name = text[..at].rsplit(|letter| !is_of_path(letter)).next();
        let name = name.unwrap_or_default();
        let is_elsewhere = name.starts_with("//");
        if !name.is_empty() && !is_elsewhere && !rest.starts_with(char::is_alphanumeric) {
            found.push(Mention {
                page: &text[at - name.len()..at + ending.len()],
                anchor: rest.strip_prefix('#').map(|rest| word(rest, "-_")),
                sections: sections(rest),
            });
        }
    }
    found
}

/// The letters and digits that `text` begins with, and what is among `also`.
fn word<'a>(text: &'a str, also: &str) -> &'a str {
    let end = text.find(|letter: char| !letter.is_alphanumeric() && !also.contains(letter));
    &text[..end.unwrap_or(text.len())]
}

/// The numbers in ` §1.6, §1.7 and §2`.
fn sections(mut text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    loop {
        let joints = [" §", ", §", " and §", " to §"];
        let Some(rest) = joints.iter().find_map(|joint| text.strip_prefix(joint)) else {
            return found;
        };
        let number = word(rest, ".").trim_end_matches('.');
        text = &rest[number.len()..];
        found.push(number);
    }
}

/// The file that `name` means in `file`: beside it, or from the top.
fn resolve(file: &Path, name: &str) -> Option<PathBuf> {
    let beside = file.parent().unwrap().join(name);
    [beside, root().join(name)]
        .into_iter()
        .find(|path| path.is_file())
}

/// What is wrong with a mention of a page, if anything.
fn fault(file: &Path, mention: &Mention<'_>) -> Option<String> {
    let Some(page) = resolve(file, mention.page) else {
        return Some(format!("{} is not there", mention.page));
    };
    let page = fs::read_to_string(page).unwrap();
    let headings = headings(&page);
    let has_anchor = |anchor: &str| headings.iter().any(|heading| slug(heading) == anchor);
    if let Some(anchor) = mention.anchor.filter(|anchor| !has_anchor(anchor)) {
        return Some(format!("{} has no heading #{anchor}", mention.page));
    }
    let has_section = |number: &str| {
        headings.iter().any(|heading| {
            let first = heading.split(' ').next().unwrap_or_default();
            first.trim_end_matches('.') == number
        })
    };
    let missing = mention
        .sections
        .iter()
        .find(|number| !has_section(number))?;
    Some(format!("{} has no section {missing}", mention.page))
}

#[test]
fn every_page_and_heading_that_is_named_is_there() {
    let mut wrong = Vec::new();
    let mut looked_at = 0;
    for (file, text) in texts() {
        let text = without_comment_marks(&text);
        for mention in mentions(&text) {
            looked_at += 1;
            if let Some(fault) = fault(&file, &mention) {
                wrong.push(format!("{}: {fault}", file.display()));
            }
        }
    }
    assert!(
        looked_at > 100,
        "only {looked_at} were found: is the reader broken?"
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_link_leads_somewhere() {
    let mut wrong = Vec::new();
    for (file, text) in pages() {
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split(')').next().unwrap();
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            if target.contains("://") {
                continue;
            }
            let name = match path {
                "" => file.clone(),
                path => file.parent().unwrap().join(path),
            };
            let has_anchor = || {
                let page = fs::read_to_string(&name).unwrap();
                headings(&page)
                    .iter()
                    .any(|heading| slug(heading) == anchor)
            };
            if !name.exists() || (!anchor.is_empty() && !has_anchor()) {
                wrong.push(format!("{}: {target}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_source_that_a_page_names_is_there() {
    let mut wrong = Vec::new();
    for (file, text) in pages() {
        for name in text.split('`').skip(1).step_by(2) {
            let is_ours = ["src/", "tests/", "docs/", "fuzz/", "migration/"]
                .iter()
                .any(|folder| name.starts_with(folder));
            let is_a_source = [".rs", ".sh", ".py"]
                .iter()
                .any(|kind| name.ends_with(kind));
            if !(is_ours || is_a_source) || name.contains([' ', '*', '\n']) {
                continue;
            }
            let is_there = || {
                let places = [
                    root().join(name),
                    root().join("src").join(name),
                    file.parent().unwrap().join(name),
                ];
                places.iter().any(|path| path.exists())
            };
            if !is_there() {
                wrong.push(format!("{}: {name}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// True if the code has a test of that name that is run: by itself, in a list of stories, or as a part of the storage story.
fn is_run(code: &str, name: &str) -> bool {
    let begin = format!("fn {name}(");
    let definitions = code.match_indices(&begin).map(|(at, _)| at);
    let is_marked = |at| {
        let above = code[..at].rsplit("\n\n").next().unwrap();
        let above = above.rsplit("}\n").next().unwrap();
        let is_a_test = above.contains("#[test]") || above.contains("#[tokio::test");
        is_a_test && !above.contains("#[ignore")
    };
    let mut lists = code.split("STORIES: &[Story] = &[").skip(1);
    let is_listed = lists.any(|list| {
        list.split("];")
            .next()
            .unwrap()
            .contains(&format!("\"{name}\""))
    });
    let story = code.split("\nasync fn story() {").nth(1).unwrap();
    let story = story.split("\n}").next().unwrap();
    definitions.clone().any(is_marked)
        || definitions.count() > 0 && (is_listed || story.contains(&format!("{name}(")))
}

#[test]
fn tests_that_nobody_runs_are_told_from_others() {
    let code = [
        "\n\n#[test]\nfn one() {\n}\n",
        "#[test]\n#[ignore = \"slow\"]\nfn ignored() {\n}\nfn helper() {\n}\n",
        "#[tokio::test(flavor = \"multi_thread\")]\nasync fn two() {\n}\n",
        "const STORIES: &[Story] = &[(\"three\", three)];\n",
        "fn three(world: &World) {\n}\n",
        "pub(super) async fn four(db: &Db) {\n}\n",
        "async fn story() {\n    four(db).await;\n}\n",
    ];
    let code = code.join("\n");
    let run = ["one", "ignored", "helper", "two", "three", "four", "five"];
    let run: Vec<&str> = run.into_iter().filter(|name| is_run(&code, name)).collect();
    assert_eq!(run, ["one", "two", "three", "four"]);
}

#[test]
fn every_test_that_an_incident_names_is_there() {
    let code: String = texts()
        .into_iter()
        .filter(|(path, _)| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|(_, text)| text)
        .collect();
    let page = fs::read_to_string(root().join("docs/incidents.md")).unwrap();
    let rows = page
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| incident"));
    let mut names = BTreeSet::new();
    for row in rows {
        let held_by = row.trim_end_matches('|').rsplit('|').next().unwrap();
        let quoted: Vec<&str> = held_by.split('`').skip(1).step_by(2).collect();
        assert!(
            !quoted.is_empty() || held_by.contains("no test: "),
            "neither a test nor a reason: {row}"
        );
        names.extend(quoted);
    }
    let missing: Vec<&&str> = names.iter().filter(|name| !is_run(&code, name)).collect();
    assert!(names.len() > 30 && missing.is_empty(), "{missing:?}");
}

/// The rows of the tables on a page below that heading, their cells as they are written.
fn rows<'a>(page: &'a str, heading: &str) -> Vec<Vec<&'a str>> {
    let part = page.split(&format!("{heading}\n")).nth(1).unwrap();
    let part = part.split("\n## ").next().unwrap();
    let rows = part
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| if |"));
    let cells = |row: &'a str| row.trim_matches('|').split(" | ").map(str::trim).collect();
    rows.map(cells).collect()
}

#[test]
fn every_promise_to_operators_names_the_tests_that_hold_it() {
    let read = |name| fs::read_to_string(root().join(name)).unwrap();
    let (guide, page) = (read("docs/operating.md"), read("docs/misfortunes.md"));
    let headings = [
        "## What the service promises when things go wrong",
        "## When too much comes, or something fails",
    ];
    let promises = headings.iter().flat_map(|heading| rows(&guide, heading));
    let promises = promises.filter(|row| row[0] != "when").map(|row| row[0]);
    let held = rows(&page, "# Misfortunes, and the tests that make them happen");
    let expected: Vec<&str> = promises.collect();
    let found: Vec<&str> = held.iter().map(|row| row[0]).collect();
    assert_eq!(found, expected);
    assert!(found.len() > 25);
    let code: String = texts().into_iter().map(|(_, text)| text).collect();
    for row in held {
        let names: Vec<&str> = row[2].split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "{row:?}");
        for name in names {
            let is_there = name.contains("::") && code.contains(&format!("\"{name}\""));
            assert!(is_there || is_run(&code, name), "{name}");
        }
    }
}

/// The text of a line's comment, if the line is one.
fn comment<'a>(file: &Path, line: &'a str) -> Option<&'a str> {
    let marks: &[&str] = match file.extension().and_then(|extension| extension.to_str()) {
        Some("rs") => &["///", "//!", "//"],
        Some("toml") => &["#"],
        _ => &[],
    };
    let text = marks
        .iter()
        .find_map(|mark| line.trim().strip_prefix(mark))?;
    Some(text.trim())
}

fn begins_with_a_riddle(comment: &str) -> bool {
    RIDDLES.iter().any(|riddle| {
        let rest = comment.strip_prefix(riddle);
        rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    })
}

#[test]
fn comments_begin_with_the_thing_that_they_explain() {
    let mut wrong = Vec::new();
    for (file, text) in texts() {
        let name = file.strip_prefix(root()).unwrap();
        if WITH_RIDDLES.iter().any(|folder| name.starts_with(folder)) {
            continue;
        }
        let mut paragraph_goes_on = false;
        for (at, line) in text.lines().enumerate() {
            let comment = comment(name, line);
            if !paragraph_goes_on && comment.is_some_and(begins_with_a_riddle) {
                wrong.push(format!("{}:{}: {line}", name.display(), at + 1));
            }
            paragraph_goes_on = comment.is_some_and(|comment| !comment.is_empty());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_word_of_ours_is_in_its_file_and_in_order() {
    let squashed = |text: &str| {
        let letters = text.chars().filter(|letter| letter.is_alphanumeric());
        letters.collect::<String>().to_lowercase()
    };
    let page = fs::read_to_string(root().join("docs/words.md")).unwrap();
    let entries = page.lines().filter_map(|line| line.strip_prefix("- **"));
    let mut words = Vec::new();
    for entry in entries {
        let (word, rest) = entry.split_once("**").unwrap();
        let file = rest.split('`').nth(1).unwrap();
        let text = fs::read_to_string(root().join("src").join(file)).unwrap();
        assert!(
            squashed(&text).contains(&squashed(word)),
            "{word} is not in {file}"
        );
        words.push(word.to_lowercase());
    }
    assert!(words.len() > 30 && words.is_sorted(), "{words:?}");
}

#[test]
fn mentions_are_read_with_their_headings() {
    let mention = |page, anchor, sections: &[&'static str]| Mention {
        page,
        anchor,
        sections: sections.to_vec(),
    };
    let page = "docs/protocol.md";
    for (text, expected) in [
        ("see docs/protocol.md.", mention(page, None, &[])),
        (
            "(docs/protocol.md §1.6, §1.7 and §2).",
            mention(page, None, &["1.6", "1.7", "2"]),
        ),
        (
            "docs/protocol.md#1-asking-and-answering: x",
            mention(page, Some("1-asking-and-answering"), &[]),
        ),
    ] {
        assert_eq!(mentions(text), [expected]);
    }
    assert_eq!(mentions("a `.md` file, or a .mdx"), []);
    assert_eq!(slug("Answers of /jwt/auth"), "answers-of-jwtauth");
    assert_eq!(
        headings("# A\n```\n# no heading\n```\n## B `c`"),
        ["A", "B `c`"]
    );
    let missing = mention("docs/nothing", None, &[]);
    assert!(fault(&root().join("README.md"), &missing).is_some());
}

/// The beginnings of calls that make an error from a text.
const ERRORS: &[&str] = &[
    "#[error(",
    "bail!(",
    "anyhow!(",
    "refused(",
    ".context(",
    "with_context(|| format!(",
    "with_context(|| {format!(",
];

/// Words that have a capital wherever they stand.
const NAMES: &[&str] = &["GitLab", "GET", "JSON", "SQLite", "Argon2"];

#[test]
fn errors_speak_with_one_voice() {
    let mut found = 0;
    for (path, text) in texts() {
        let is_source = path.starts_with(root().join("src"));
        if !is_source || path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let joined: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let joined = joined.replace("( ", "(").replace("{ format!", "{format!");
        for begin in ERRORS {
            for rest in joined.split(&format!("{begin}\"")).skip(1) {
                let told = rest.split('"').next().unwrap();
                let has_capital = told.starts_with(|letter: char| letter.is_ascii_uppercase());
                let is_name = NAMES.iter().any(|name| told.starts_with(name));
                assert!(
                    (!has_capital || is_name) && !told.ends_with(['.', '!']),
                    "{}: {told}",
                    path.display()
                );
                found += 1;
            }
        }
    }
    assert!(found > 100, "{found}");
}

/// The script says how long it takes before anything, counts what passed, and promises no more than it does.
#[test]
fn the_script_of_all_tests_counts_them_and_knows_no_option_without_effect() {
    let bash = |command: &str| {
        let mut bash = std::process::Command::new("bash");
        let ran = bash.args(["-c", command]).current_dir(root()).output();
        ran.unwrap()
    };
    assert_eq!(bash("tests/run.sh --longer").status.code(), Some(2));
    let text = fs::read_to_string(root().join("tests/run.sh")).unwrap();
    let mut lines = text.lines().filter(|line| line.starts_with("echo \"== "));
    assert!(lines.next().unwrap().contains("this takes about"));
    assert_eq!(
        lines.next_back(),
        Some("echo \"== all $(passed \"$log\") tests passed\"")
    );
    let counted = bash(
        ". tests/lib/count.sh; printf 'test result: ok. %s\n' '12 passed; 0 failed' '30 passed; 1 ignored' | passed /dev/stdin",
    );
    assert_eq!(String::from_utf8(counted.stdout).unwrap(), "42\n");

    // Every option that the usage names is one, does something, and is explained to whoever contributes.
    let usage = String::from_utf8(bash("tests/run.sh --help").stdout).unwrap();
    let options = usage.lines().filter_map(|line| line.strip_prefix("  --"));
    let options: Vec<&str> = options.map(|line| word(line, "-")).collect();
    assert_eq!(options, ["install", "long"]);
    let guide = fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    for option in options {
        let is_asked = text.contains(&format!("if [ \"${option}\" = yes ]"));
        assert!(
            is_asked && guide.contains(&format!("--{option}")),
            "{option}"
        );
    }
    let long = text.rsplit("if [ \"$long\" = yes ]; then").next().unwrap();
    let long = long.split("\nfi\n").next().unwrap();
    assert!(long.contains("WHARFINGER_LONG=1 kept \"$log\" cargo test --test long"));
    let packages = bash(". tests/lib/packages.sh; use_long_packages; echo ${PACKAGES[@]%%:*}");
    let packages = String::from_utf8(packages.stdout).unwrap();
    assert!(
        packages.trim().ends_with("haproxy libfaketime"),
        "{packages}"
    );
}

/// The settings between backticks, such as `token.listen`, which may have a value behind them.
fn settings(page: &str) -> Vec<&str> {
    let between = page.split('`').skip(1).step_by(2);
    let names = between.map(|text| text.split([' ', '=']).next().unwrap());
    let is_setting = |name: &&str| {
        let (section, key) = name.split_once('.').unwrap_or_default();
        let is_word = |word: &str| {
            !word.is_empty()
                && word
                    .chars()
                    .all(|letter| letter.is_ascii_lowercase() || letter == '_')
        };
        is_word(section) && is_word(key) && !["md", "crt", "toml", "key"].contains(&key)
    };
    names.filter(is_setting).collect()
}

/// The settings that there are, such as `token.listen`.
fn known_settings() -> BTreeSet<String> {
    let mut section = "";
    let mut known = BTreeSet::new();
    for line in wharfinger::config::REFERENCE.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        } else if let Some((key, _)) = line.split_once(" = ") {
            known.insert(format!("{section}.{key}"));
        }
    }
    known
}

#[test]
fn every_setting_that_the_page_on_hardening_names_is_there() {
    let known = known_settings();
    let page = fs::read_to_string(root().join("docs/hardening.md")).unwrap();
    let named = settings(&page);
    assert!(named.len() > 10, "{named:?}");
    for name in named {
        // Names of events have the same form.
        let is_event = EventAction::try_from(name).is_ok();
        assert!(known.contains(name) || is_event, "{name}");
    }
}

/// The names of notices that no event has.
const NOTICES: [&str; 3] = [
    "access_token.expiring",
    "access_token.new_address",
    "deploy_token.expiring",
];

/// Rules for an audit log that has no such name never fire.
#[test]
fn every_kind_of_event_is_listed_and_no_page_names_another() {
    let page = fs::read_to_string(root().join("docs/operating.md")).unwrap();
    for action in EventAction::ALL {
        let name = format!("`{}`", action.name());
        assert!(page.contains(&name), "{name} is missing");
    }
    let subject = |name: &str| name.split('.').next().map(str::to_owned);
    let subjects: BTreeSet<_> = EventAction::ALL
        .into_iter()
        .map(|action| subject(action.name()))
        .collect();
    let known = known_settings();
    for (path, page) in pages() {
        for name in settings(&page) {
            let is_about_events = subjects.contains(&subject(name));
            let is_known = EventAction::try_from(name).is_ok()
                || known.contains(name)
                || NOTICES.contains(&name);
            assert!(is_known || !is_about_events, "{}: {name}", path.display());
        }
    }
}
