//! Backups that were made by hand or damaged, with the right digest: every number, name, list and line has its bounds.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use wharfinger::app::backup::BackupFile;

use super::{Backup, backed_up, sealed};
use crate::cli::Workplace;

/// A backup whose lines can be altered.
struct Lines {
    lines: Vec<String>,
    end: String,
}

impl Lines {
    fn of(workplace: &Workplace) -> Self {
        let mut lines = Backup::read(&backed_up(workplace, "backup", &[])).lines;
        let end = lines.pop().unwrap();
        Self { lines, end }
    }

    /// The place of a table's line.
    fn head(&self, table: &str) -> usize {
        let begin = format!("{{\"table\":\"{table}\"");
        let mut lines = self.lines.iter();
        lines.position(|line| line.starts_with(&begin)).unwrap()
    }

    /// The same with another line at a place, as a whole file.
    fn with(&self, at: usize, line: &str) -> String {
        let mut lines = self.lines.clone();
        line.clone_into(&mut lines[at]);
        sealed(&lines, &self.end)
    }

    /// The same with another value in the first row of a table.
    fn with_cell(&self, table: &str, column: &str, value: Value) -> (usize, String) {
        let head: Value = serde_json::from_str(&self.lines[self.head(table)]).unwrap();
        let columns = head["columns"].as_array().unwrap();
        let place = columns.iter().position(|known| known[0] == column).unwrap();
        let at = self.head(table) + 1;
        let mut row: Vec<Value> = serde_json::from_str(&self.lines[at]).unwrap();
        row[place] = value;
        (at, self.with(at, &Value::from(row).to_string()))
    }

    /// The same with another head of a table.
    fn with_head(&self, table: &str, change: impl Fn(&mut Value)) -> (usize, String) {
        let at = self.head(table);
        let mut head: Value = serde_json::from_str(&self.lines[at]).unwrap();
        change(&mut head);
        let columns = format!(",\"columns\":{}", head["columns"]);
        let last = head.get("last_id");
        let last = last.map_or_else(String::new, |last| format!(",\"last_id\":{last}"));
        let line = format!("{{\"table\":{}{columns}{last}}}", head["table"]);
        (at, self.with(at, &line))
    }
}

/// The fault that is found in a file.
fn fault(text: &str) -> Option<String> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, text).unwrap();
    let checked = BackupFile::new(path, None).check();
    checked.err().map(|error| error.to_string())
}

fn must_name((at, text): (usize, String), why: &str) {
    let told = fault(&text).unwrap_or_default();
    let expected = format!("is damaged or cut off (line {}: {why}", at + 1);
    assert!(told.contains(&expected), "{expected} in {told:.300}");
}

#[test]
fn numbers_beyond_their_bounds_are_named_with_their_line() {
    let lines = Lines::of(&Workplace::furnished());
    assert_eq!(fault(&sealed(&lines.lines, &lines.end)), None);
    let range = "is of another kind, or out of range";
    for number in [i64::MAX, i64::MAX - 1, i64::MIN] {
        must_name(
            lines.with_cell("users", "id", json!(number)),
            &format!("its id {range}"),
        );
        must_name(
            lines.with_head("users", |head| head["last_id"] = json!(number)),
            "its last id is out of range",
        );
        let header = lines.lines[0].replace("\"change\":", &format!("\"change\":{number},\"x\":"));
        let header = header[..header.find(",\"x\"").unwrap()].to_owned() + "}";
        must_name((0, lines.with(0, &header)), "its change is out of range");
        must_name(
            lines.with_cell("change_counter", "number", json!(number)),
            &format!("its number {range}"),
        );
    }
    must_name(
        lines.with_cell("users", "id", json!(-1)),
        "its key is out of range",
    );
    must_name(
        lines.with_cell("users", "created_at", json!("+12026-01-01T00:00:00Z")),
        &format!("its created_at {range}"),
    );
    must_name(
        lines.with_cell("change_counter", "number", json!(2)),
        "it is not the number of the last change that the first line names",
    );
    must_name(
        lines.with_cell("changes", "number", json!(1000)),
        "its number is beyond that of the last change",
    );
    must_name(
        lines.with_cell("events", "change_number", json!(1000)),
        "its number is beyond that of the last change",
    );
}

#[test]
fn rows_and_lines_beyond_their_bounds_are_named_with_their_line() {
    let lines = Lines::of(&Workplace::furnished());
    let row = lines.head("users") + 1;
    for odd in [
        format!("[{}1]", "1,".repeat(1_000_000)),
        format!("[{}1{}]", "[".repeat(50), "]".repeat(50)),
        "[[1]]".to_owned(),
        "[{}]".to_owned(),
        "[1.5]".to_owned(),
    ] {
        must_name((row, lines.with(row, &odd)), "it is no row");
    }
    let long = format!("[1,\"{}\"]", "x".repeat(17 << 20));
    must_name(
        (row, lines.with(row, &long)),
        "it is longer than any line of a backup",
    );
    must_name(
        (row, lines.with(row, "[1]")),
        "it has 1 values, and its table ",
    );
}

#[test]
fn lists_and_names_beyond_their_bounds_are_named_with_their_line() {
    let lines = Lines::of(&Workplace::furnished());
    for (name, why) in [
        ("", "no name"),
        (&"x".repeat(64), "no name"),
        ("a b", "no name"),
    ] {
        must_name(
            lines.with_head("users", |head| head["columns"][1][0] = json!(name)),
            &format!("a column has {why} that a column can have"),
        );
    }
    let many: Vec<Value> = (0..101)
        .map(|number| json!([format!("c{number}"), "integer"]))
        .collect();
    for columns in [
        Value::from(many),
        json!([["id", "integer"], ["id", "integer"]]),
    ] {
        must_name(
            lines.with_head("users", |head| head["columns"] = columns.clone()),
            "it has too many columns, or one of them twice",
        );
    }
    must_name(
        lines.with_head("users", |head| head["columns"] = json!([])),
        "its first column is no key",
    );
    let odd = lines.lines[0].replace("\"schema\":\"", "\"schema\":\"\\u001b[2J");
    must_name((0, lines.with(0, &odd)), "its program or schema is none");
    let mut tables = lines.lines.clone();
    let made = (0..100)
        .map(|number| format!("{{\"table\":\"t{number}\",\"columns\":[[\"id\",\"integer\"]]}}"));
    tables.splice(1..1, made);
    let told = fault(&sealed(&tables, &lines.end)).unwrap();
    assert!(
        told.contains("(line 102: it is one table too many)"),
        "{told}"
    );
    let mut twice = lines.lines.clone();
    let key_file = "{\"key_file\":\"ca.key\",\"text\":\"\"}".to_owned();
    twice.extend([key_file.clone(), key_file]);
    let told = fault(&sealed(&twice, &lines.end)).unwrap();
    assert!(told.contains("the key file was there before"), "{told}");
}

#[test]
fn a_file_that_is_cut_off_at_any_line_or_has_two_lines_in_another_order_is_refused() {
    let workplace = Workplace::furnished();
    workplace.ok(&["user", "create", "bob"]);
    let lines = Lines::of(&workplace);
    for length in 0..lines.lines.len() {
        let cut = lines.lines[..length].join("\n");
        for end in ["", "\n"] {
            let told = fault(&format!("{cut}{end}")).unwrap();
            assert!(
                told.contains("(line ") || told.contains("is no backup"),
                "{told}"
            );
        }
        if length > 1 {
            let told = fault(&sealed(&lines.lines[..length], &lines.end)).unwrap();
            assert!(
                told.contains("its lines are not those that its last line counts"),
                "{told}"
            );
        }
    }
    let users = lines.head("users");
    let mut swapped = lines.lines.clone();
    swapped.swap(users + 1, users + 2);
    let told = fault(&sealed(&swapped, &lines.end)).unwrap();
    let expected = format!(
        "line {}: its key is out of range, or not above that of the row before",
        users + 3
    );
    assert!(told.contains(&expected), "{told}");
}

/// The words with which the restoration of a file is refused; nothing is changed.
fn refused(text: &str) -> String {
    let other = Workplace::migrated();
    fs::write(other.path().join("file"), text).unwrap();
    let told = other.fails(1, &["restore", "file"]);
    assert_eq!(other.ok(&["user", "list"]), "");
    told
}

#[test]
fn tables_and_columns_that_are_other_ones_are_named() {
    let lines = Lines::of(&Workplace::furnished());
    let column = |table: &str, change: fn(&mut Value)| {
        refused(
            &lines
                .with_head(table, |head| change(&mut head["columns"]))
                .1,
        )
    };
    let users = |change| column("users", change);
    let told = users(|columns| columns[1][0] = json!("nickname"));
    assert!(
        told.contains("it has a column nickname in the table users, which its schema has not"),
        "{told}"
    );
    let told = column("installation", |columns| columns[1][1] = json!("text"));
    assert!(told.contains("it has a column keys_seen_at in the table installation, which its schema has not, or has of another kind"), "{told}");
    let told = column("installation", |columns| {
        *columns = json!([["id", "integer"]]);
    });
    assert!(
        told.contains("it has no column keys_seen_at in the table installation"),
        "{told}"
    );
    for name in ["seaql_migrations", "sessions"] {
        let line = format!("{{\"table\":\"{name}\",\"columns\":[[\"id\",\"integer\"]]}}");
        let mut more = lines.lines.clone();
        more.push(line);
        let mut end: Value = serde_json::from_str(&lines.end).unwrap();
        end["end"]["rows"][name] = json!(0);
        let told = refused(&sealed(&more, &end.to_string()));
        let expected = format!("it has a table {name}, which no backup of its schema has");
        assert!(told.contains(&expected), "{told}");
    }
}

#[test]
fn rows_that_the_database_does_not_take_are_named_with_their_lines() {
    let workplace = Workplace::furnished();
    workplace.ok(&["user", "create", "bob"]);
    let lines = Lines::of(&workplace);
    for (at, text) in [
        lines.with_cell("members", "access_level", json!(1_i64 << 40)),
        lines.with_cell("members", "user_id", json!(1000)),
    ] {
        let told = refused(&text);
        let expected = format!(
            "the database does not take what is in the lines {0} to {0} of file; nothing was changed",
            at + 1
        );
        assert!(told.contains(&expected), "{told}");
    }
    let (at, text) = lines.with_cell("users", "username", json!("bob"));
    let told = refused(&text);
    let expected = format!(
        "the database does not take what is in the lines {} to {} of file",
        at + 1,
        at + 2
    );
    assert!(told.contains(&expected), "{told}");
}

/// Only somebody's hand makes such a file.
#[test]
fn a_group_that_is_its_own_parent_is_deleted_as_others_are() {
    let lines = Lines::of(&Workplace::furnished());
    let head_at = lines.head("namespaces");
    let after = lines.lines.iter().skip(head_at);
    let at = head_at + after.take_while(|row| !row.contains("\"team\"")).count();
    let head: Value = serde_json::from_str(&lines.lines[head_at]).unwrap();
    let mut columns = head["columns"].as_array().unwrap().iter();
    let place = columns.position(|known| known[0] == "parent_id").unwrap();
    let mut row: Vec<Value> = serde_json::from_str(&lines.lines[at]).unwrap();
    row[place] = row[0].clone();
    let text = lines.with(at, &Value::from(row).to_string());
    let other = Workplace::migrated();
    fs::write(other.path().join("file"), text).unwrap();
    other.ok(&["restore", "file"]);
    let mut delete = other.command(&["group", "delete", "team", "--yes"]);
    let deleted = delete.timeout(Duration::from_mins(1)).output().unwrap();
    assert!(deleted.status.success(), "{deleted:?}");
    assert_eq!(other.ok(&["group", "list"]), "");
    assert_eq!(other.ok(&["project", "list"]), "");
}

/// Lists in lists, and members that nobody asked for, would take many times the memory of their text.
#[test]
fn a_long_line_takes_little_more_memory_than_its_text() {
    let lines = Lines::of(&Workplace::furnished());
    let zeros = |times: usize| "0,".repeat(times);
    let head = lines.head("users");
    let columns = "[\"id\",\"integer\"],".repeat(900_000);
    let columns = format!("{{\"table\":\"users\",\"columns\":[{columns}[\"id\",\"integer\"]]}}");
    let rows: Vec<String> = (0..1_000_000)
        .map(|number| format!("\"{number}\":0"))
        .collect();
    let end = format!(
        "{{\"end\":{{\"rows\":{{{}}},\"key_files\":0}},\"sha256\":\"\"}}\n",
        rows.join(",")
    );
    let whole = sealed(&lines.lines, &lines.end);
    let cut = whole.rfind("{\"end\"").unwrap();
    for (text, expected) in [
        (
            format!(
                "{{\"wharfinger_backup\":1,\"a\":[{}0]}}\n",
                zeros(8_000_000)
            ),
            "line 1: it is no header",
        ),
        (
            lines.with(head, &columns),
            "it has too many columns, or one of them twice",
        ),
        (
            format!("{}{end}", &whole[..cut]),
            "its lines are not those that its last line counts",
        ),
    ] {
        let other = Workplace::empty();
        fs::write(other.path().join("file"), text).unwrap();
        // In KiB: twice the longest line, and what the program takes for itself.
        let restore = format!(
            "ulimit -d 100000; exec {} restore file",
            env!("CARGO_BIN_EXE_wharfinger")
        );
        let output = Command::new("sh")
            .args(["-c", &restore])
            .current_dir(other.path())
            .output()
            .unwrap();
        let told = crate::cli::stderr(&output);
        assert!(told.contains(expected), "{told:.300}");
    }
}

/// Numbers by chance that are the same at each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// A number of the line becomes another one.
fn with_another_number(line: &str, dice: &mut Dice) -> String {
    const NUMBERS: [&str; 8] = [
        "0",
        "-1",
        "2",
        "4611686018427380000",
        "4611686018427387904",
        "9223372036854775806",
        "1e300",
        "null",
    ];
    let digits: Vec<usize> = line
        .char_indices()
        .filter(|(_, letter)| letter.is_ascii_digit())
        .map(|(at, _)| at)
        .collect();
    if digits.is_empty() {
        return line.to_owned();
    }
    let at = digits[dice.below(digits.len())];
    let end = line[at..]
        .find(|letter: char| !letter.is_ascii_digit())
        .map_or(line.len(), |end| at + end);
    format!(
        "{}{}{}",
        &line[..at],
        NUMBERS[dice.below(NUMBERS.len())],
        &line[end..]
    )
}

fn with_faults(lines: &Lines, dice: &mut Dice) -> String {
    let mut altered = lines.lines.clone();
    let at = 1 + dice.below(altered.len() - 1);
    match dice.below(5) {
        0 => drop(altered.remove(at)),
        1 => altered.insert(at, altered[at].clone()),
        2 => altered.swap(at, at - 1),
        _ => altered[at] = with_another_number(&altered[at], dice),
    }
    sealed(&altered, &lines.end)
}

/// Whatever a file has, it is refused and nothing is changed, or a database comes of it that takes changes and can be backed up.
#[test]
fn no_fault_in_a_file_leaves_a_database_that_cannot_go_on() {
    let workplace = Workplace::furnished();
    workplace.ok(&["user", "create", "bob"]);
    workplace.ok(&["user", "delete", "bob", "--yes"]);
    let lines = Lines::of(&workplace);
    let (mut dice, mut restored) = (Dice(7), 0);
    for _ in 0..2000 {
        let text = with_faults(&lines, &mut dice);
        if let Some(told) = fault(&text) {
            let is_told = told.contains("file is damaged or cut off (line ")
                || told.contains("file is no backup");
            assert!(is_told || told.contains("its last line counts"), "{told}");
            continue;
        }
        restored += 1;
        if restored <= 25 {
            must_go_on_or_be_refused(&text);
        }
    }
    assert!(restored > 10, "{restored} files of 2000 were good");
}

fn must_go_on_or_be_refused(text: &str) {
    let other = Workplace::empty();
    fs::write(other.path().join("file"), text).unwrap();
    let output = other.run(&["restore", "file"]);
    let file = Path::new("data/wharfinger.db");
    if output.status.success() {
        for name in ["next", "after"] {
            other.ok(&["user", "create", name]);
            other.ok(&["group", "create", &format!("{name}-team")]);
        }
        other.ok(&["backup", "again"]);
    } else {
        let told = crate::cli::stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{told}");
        let left = other.run(&["user", "list"]);
        assert!(!left.status.success(), "{}: {told}", file.display());
    }
}
