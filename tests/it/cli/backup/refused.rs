//! Refused backups and restorations: each is said with what to do, and nothing is changed.

use std::fs;
use std::path::Path;

use super::{Backup, PASSPHRASE, backed_up, names, sealed};
use crate::cli::running::start;
use crate::cli::{Workplace, stderr};

/// The words of a restoration into an empty workplace that fails and changes nothing.
fn refused(text: impl AsRef<[u8]>) -> String {
    let other = Workplace::empty();
    fs::write(other.path().join("file"), text).unwrap();
    let told = other.fails(1, &["restore", "file"]);
    assert_eq!(names(other.path()), ["file"], "nothing was made: {told}");
    told
}

fn is_refused_with(text: impl AsRef<[u8]>, expected: &str) {
    let told = refused(text);
    assert!(told.contains(expected), "{told}");
}

#[test]
fn a_file_that_is_cut_off_or_altered_anywhere_is_refused() {
    let workplace = Workplace::furnished();
    let path = backed_up(&workplace, "backup", &[]);
    let whole = fs::read(&path).unwrap();
    let damaged = "is damaged or cut off (";
    // Every line's middle and end; the first line is told apart from files that are something else.
    let first = whole.iter().position(|byte| *byte == b'\n').unwrap();
    let step = whole.len() / 12;
    for length in (first + 1..whole.len())
        .step_by(step)
        .chain([whole.len() - 1])
    {
        is_refused_with(&whole[..length], damaged);
    }
    for place in (first + 2..whole.len() - 2).step_by(step) {
        let mut altered = whole.clone();
        altered[place] = if altered[place] == b'1' { b'2' } else { b'1' };
        is_refused_with(&altered, damaged);
    }
    is_refused_with(
        [&whole[..], b"more\n"].concat(),
        "something follows the last line",
    );
    // A line that is there twice, with the right digest.
    let mut lines = Backup::read(&path).lines;
    let end = lines.pop().unwrap();
    let row = lines.iter().position(|line| line.starts_with('[')).unwrap();
    lines.insert(row, lines[row].clone());
    is_refused_with(
        sealed(&lines, &end),
        "its key is out of range, or not above that of the row before",
    );
}

#[test]
fn files_that_are_something_else_are_named() {
    let workplace = Workplace::furnished();
    let path = backed_up(&workplace, "backup", &[]);
    is_refused_with("", "file is damaged or cut off (line 1: it has no end)");
    is_refused_with("{}\n", "file is no backup that `wharfinger backup` made");
    let database = fs::read(workplace.path().join("data/wharfinger.db")).unwrap();
    is_refused_with(
        database,
        "file is a SQLite database and no backup: to use it as it is",
    );
    let mut lines = Backup::read(&path).lines;
    let end = lines.pop().unwrap();
    let (head, schema) = (
        lines[0].clone(),
        Backup::read(&path).header()["schema"].clone(),
    );
    lines[0] = head.replace(
        "\"wharfinger_backup\":1",
        "\"wharfinger_backup\":2,\"new\":1",
    );
    is_refused_with(
        sealed(&lines, &end),
        "file has the format 2 of a newer program, and this one reads formats up to 1: restore it with the version that \
         made it, or a later one",
    );
    lines[0] = head.replace("\"wharfinger_backup\":1", "\"wharfinger_backup\":0");
    is_refused_with(
        sealed(&lines, &end),
        "file is no backup that `wharfinger backup` made",
    );
    lines[0] = head.replace(schema.as_str().unwrap(), "m99_later");
    is_refused_with(
        sealed(&lines, &end),
        "file has the schema of a newer program (m99_later): restore it with version 0.1.0, which made it, or a later one",
    );
    let told = workplace.fails(1, &["restore", "nowhere"]);
    assert!(
        told.contains("nowhere cannot be read: No such file"),
        "{told}"
    );
}

#[test]
fn what_is_there_is_not_replaced() {
    let workplace = Workplace::furnished();
    let path = backed_up(&workplace, "backup", &[]);
    let before = fs::read(workplace.path().join("backup")).unwrap();
    let told = workplace.fails(1, &["backup", "backup"]);
    assert_eq!(
        told,
        "error: backup is there already, and is not replaced; name another file\n"
    );
    assert_eq!(fs::read(&path).unwrap(), before);
    let told = workplace.fails(1, &["restore", "backup"]);
    let expected = format!(
        "the database {} is not empty, and a backup never replaces anything: name another one in `database.url`",
        workplace.path().join("data/wharfinger.db").display()
    );
    assert!(told.contains(&expected), "{told}");
    assert_eq!(
        workplace.ok(&["user", "list"]),
        "alice\tactive\ta@example.com\tuser\tdisabled\n"
    );
    // An event alone is something too, and an empty schema is not.
    let other = Workplace::migrated();
    other.ok(&["restore", path.to_str().unwrap()]);
    other.ok(&["user", "delete", "alice", "--yes"]);
    let told = other.fails(1, &["restore", path.to_str().unwrap()]);
    assert!(told.contains("is not empty"), "{told}");
}

#[test]
fn a_wrong_passphrase_and_a_damaged_encrypted_file_are_refused() {
    let workplace = Workplace::empty();
    start(&workplace, "log").stop();
    let file = workplace.path().join("backup");
    let backup = |arguments: &[&str], passphrase: &str| {
        let mut command = workplace.command(&[&["backup", "backup"], arguments].concat());
        command.write_stdin(passphrase).output().unwrap()
    };
    let told = stderr(&backup(&["--with-keys"], ""));
    assert!(
        told.contains("there is no terminal to ask for the passphrase; name a file"),
        "{told}"
    );
    let told = stderr(&backup(&["--with-keys", "--passphrase-file", "-"], "short"));
    assert!(told.contains("the passphrase is too short"), "{told}");
    assert!(!file.exists());
    assert!(
        !names(workplace.path())
            .iter()
            .any(|name| name.contains(".part"))
    );
    let output = backup(&["--with-keys", "--passphrase-file", "-"], PASSPHRASE);
    assert!(output.status.success(), "{}", stderr(&output));
    let whole = fs::read(&file).unwrap();
    assert!(!String::from_utf8_lossy(&whole).contains("PRIVATE KEY"));

    let restore = |bytes: &[u8], passphrase: &str| {
        let other = Workplace::empty();
        fs::write(other.path().join("file"), bytes).unwrap();
        let mut command = other.command(&["restore", "file", "--passphrase-file", "-"]);
        let output = command.write_stdin(passphrase).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(names(other.path()), ["file"]);
        stderr(&output)
    };
    let told = restore(&whole, "four other words");
    assert!(
        told.contains("the passphrase is not the one of file; nothing was changed"),
        "{told}"
    );
    for length in [30, 150, whole.len() / 2, whole.len() - 1] {
        let told = restore(&whole[..length], PASSPHRASE);
        assert!(told.contains("is damaged or cut off ("), "{length}: {told}");
    }
    let endless = "-> scrypt AAAA 10\n".repeat(1_000_000);
    let told = restore(
        format!("age-encryption.org/v1\n{endless}").as_bytes(),
        PASSPHRASE,
    );
    assert!(
        told.contains("is damaged or cut off (its header has no end)"),
        "{told}"
    );
    let mut altered = whole.clone();
    altered[whole.len() - 40] ^= 1;
    let told = restore(&altered, PASSPHRASE);
    assert!(told.contains("is damaged or cut off ("), "{told}");
}

#[test]
fn keys_are_restored_into_an_empty_folder_only() {
    let workplace = Workplace::empty();
    start(&workplace, "log").stop();
    fs::write(workplace.path().join("passphrase"), PASSPHRASE).unwrap();
    let phrase = ["--passphrase-file", "passphrase"];
    let with_keys = backed_up(
        &workplace,
        "backup",
        &[&["--with-keys"], &phrase[..]].concat(),
    );
    let other = Workplace::empty();
    start(&other, "log").stop();
    let theirs = fs::read(other.path().join("keys/ca.key")).unwrap();
    fs::remove_dir_all(other.path().join("data")).unwrap();
    fs::copy(
        workplace.path().join("passphrase"),
        other.path().join("passphrase"),
    )
    .unwrap();
    let restore = [&["restore", with_keys.to_str().unwrap()], &phrase[..]].concat();
    let told = other.fails(1, &restore);
    assert!(
        told.contains("keys/ca.key: is there already, and a backup never replaces a key: if these keys are to stay, restore --without-keys"),
        "{told}"
    );
    assert!(!other.path().join("data").exists(), "nothing was made");
    let done = other.run(&[&restore[..], &["--without-keys"]].concat());
    let told = stderr(&done);
    assert!(done.status.success(), "{told}");
    assert!(told.contains("keys stay as they are"), "{told}");
    assert_eq!(fs::read(other.path().join("keys/ca.key")).unwrap(), theirs);

    // A backup that cannot be written leaves nothing behind.
    let told = workplace.fails(1, &["backup", "nowhere/backup"]);
    assert!(
        told.contains("nowhere/backup cannot be written: No such file"),
        "{told}"
    );
    assert!(!Path::new("nowhere").exists());
    let without = Workplace::migrated();
    fs::write(without.path().join("passphrase"), PASSPHRASE).unwrap();
    let told = without.fails(1, &[&["backup", "b", "--with-keys"], &phrase[..]].concat());
    assert!(told.contains("has no keys yet"), "{told}");
    assert_eq!(names(without.path()), ["data", "passphrase"]);
}
