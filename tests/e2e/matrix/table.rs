//! The page in the docs, made of what was run.

use std::fmt::Write;
use std::path::Path;

use super::CLIENTS;
use super::case::CASES;
use super::client::Client;
use super::record::{Cell, Matrix};
use super::room::Room;
use crate::harness::run;

/// Fails unless the page is what this run says; writes it when `WHARFINGER_WRITE_DOCS` is 1.
#[expect(
    clippy::disallowed_methods,
    reason = "whoever changes what clients do asks for a new page"
)]
pub(super) fn matches_the_page(matrix: &Matrix) {
    let page = page(matrix);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/clients.md");
    if std::env::var("WHARFINGER_WRITE_DOCS").as_deref() == Ok("1") {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = page.lines().zip(written.lines()).find(|(a, b)| a != b);
    assert!(
        written == page,
        "docs/clients.md is not what was run; look at it and run again with WHARFINGER_WRITE_DOCS=1.\n\
         First difference (run, written): {differs:#?}"
    );
}

fn page(matrix: &Matrix) -> String {
    let registry = version(&run(&matrix.world, "docker-registry", &["--version"], "").stdout);
    let mut notes = Notes::default();
    let mut page = format!(
        "# Clients\n\n\
         <!-- Made by the end-to-end tests from what they ran: tests/e2e/matrix. To renew it, run them with\n\
         \x20    WHARFINGER_WRITE_DOCS=1. -->\n\n\
         What the clients that Debian has do with a registry (Distribution {registry}, over plain HTTP on one machine) that trusts\n\
         Wharfinger. Every cell is a test that looks at the registry afterwards, and a signing key was rotated while they ran.\n\
         ✓: it works. ✗: it is refused, as it should be. –: the client has no way to do it.\n\n"
    );
    let titles = CLIENTS.iter().map(|client| {
        let printed = client.version(&Room::new(&matrix.world));
        format!("{} {}", client.title(), version(&printed.stdout))
    });
    let titles: Vec<String> = titles.collect();
    writeln!(page, "| | {} |", titles.join(" | ")).unwrap();
    writeln!(page, "|---|{}", "---|".repeat(CLIENTS.len())).unwrap();
    for case in CASES {
        let cells = CLIENTS
            .iter()
            .map(|client| notes.shorten(&cell(matrix, case.name, *client)));
        let cells: Vec<String> = cells.collect();
        writeln!(page, "| {} | {} |", case.title, cells.join(" | ")).unwrap();
    }
    page.push('\n');
    for (position, note) in notes.0.iter().enumerate() {
        writeln!(page, "{}. {}", position + 1, sentence(note)).unwrap();
    }
    page.push_str(
        "\nAny program can list the catalog by the protocol itself (challenge, token, request): it takes an administrator and a\n\
         token with scope `api`; everybody else gets 401.\n",
    );
    for case in CASES {
        section(&mut page, matrix, case.name, case.title);
    }
    page
}

/// What a person sees of a refusal, client by client.
fn section(page: &mut String, matrix: &Matrix, case: &'static str, title: &str) {
    let refusals = CLIENTS
        .iter()
        .filter_map(|client| match cell(matrix, case, *client) {
            Cell::Refused(seen, _) => Some((client.title(), seen)),
            Cell::Works(_) | Cell::Impossible(_) => None,
        });
    let refusals: Vec<_> = refusals.collect();
    if refusals.is_empty() {
        return;
    }
    writeln!(page, "\n## Seen on: {title}").unwrap();
    for (client, seen) in refusals {
        writeln!(page, "\n{client}:\n\n```\n{seen}\n```").unwrap();
    }
}

fn cell(matrix: &Matrix, case: &'static str, client: &dyn Client) -> Cell {
    matrix.cell((case, client.name())).unwrap_or_else(|| {
        panic!(
            "matrix::{}::{case} was not run or failed: the page is made of a whole run",
            client.name()
        )
    })
}

/// The notes below the table, each once.
#[derive(Default)]
struct Notes(Vec<&'static str>);

impl Notes {
    fn shorten(&mut self, cell: &Cell) -> String {
        match cell {
            Cell::Works(None) => "✓".to_owned(),
            Cell::Refused(_, None) => "✗".to_owned(),
            Cell::Refused(_, Some(note)) => format!("✗ {}", self.number(note)),
            Cell::Works(Some(note)) => format!("✓ {}", self.number(note)),
            Cell::Impossible(note) => format!("– {}", self.number(note)),
        }
    }

    fn number(&mut self, note: &'static str) -> String {
        let known = self.0.iter().position(|other| *other == note);
        let position = known.unwrap_or_else(|| {
            self.0.push(note);
            self.0.len() - 1
        });
        format!("({})", position + 1)
    }
}

/// A note as a sentence.
fn sentence(note: &str) -> String {
    let mut letters = note.chars();
    let first = letters.next().unwrap().to_uppercase();
    format!("{first}{}.", letters.as_str())
}

/// The first two numbers of a version; Debian's updates change the rest.
fn version(printed: &str) -> String {
    let is_version = |word: &&str| word.starts_with(|first: char| first.is_ascii_digit());
    let word = printed.split_whitespace().find(is_version).unwrap();
    let mut numbers = word.split('.');
    format!("{}.{}", numbers.next().unwrap(), numbers.next().unwrap())
}
