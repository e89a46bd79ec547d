//! Backups that come from standard input, and pipes that do not.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{backed_up, names};
use crate::cli::Workplace;

#[test]
fn a_backup_is_restored_from_standard_input() {
    let workplace = Workplace::migrated();
    workplace.ok(&["user", "create", "alice"]);
    let file = backed_up(&workplace, "backup", &[]);
    let other = Workplace::empty();
    let mut restore = other.command(&["restore", "-"]);
    let output = restore.write_stdin(std::fs::read(file).unwrap()).output();
    let output = output.unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    assert!(other.ok(&["user", "list"]).contains("alice"));
    let mut both = other.command(&["restore", "-", "--passphrase-file", "-"]);
    let output = both.write_stdin("x").output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && told.contains("cannot be both"),
        "{told}"
    );
}

#[test]
fn a_backup_into_a_pipe_says_that_it_has_no_keys() {
    let workplace = Workplace::furnished();
    let told = crate::cli::stderr(&workplace.run(&["backup", "-"]));
    assert!(
        told.starts_with("Standard output has the database ")
            && told.ends_with(" rows; the key files are not in it: keep a copy of them, too, or say --with-keys.\n"),
        "{told}"
    );
    let output = workplace.run(&["--json", "backup", "-"]);
    assert_eq!(crate::cli::stderr(&output), "");
}

#[test]
fn a_passphrase_that_a_backup_does_not_need_is_not_passed_over_in_silence() {
    let workplace = Workplace::furnished();
    backed_up(&workplace, "backup", &[]);
    let other = Workplace::empty();
    std::fs::copy(workplace.path().join("backup"), other.path().join("backup")).unwrap();
    let output = other.run(&["restore", "backup", "--passphrase-file", "/dev/null"]);
    let told = crate::cli::stderr(&output);
    let warning = "warning: the backup is not encrypted, so its passphrase is not looked at\n";
    assert!(output.status.success() && told.contains(warning), "{told}");
}

#[test]
fn standard_input_is_called_so_when_something_is_wrong_with_it() {
    let workplace = Workplace::furnished();
    let whole = std::fs::read(backed_up(&workplace, "backup", &[])).unwrap();
    std::fs::write(workplace.path().join("phrase"), super::PASSPHRASE).unwrap();
    let told = |text: &[u8]| {
        let mut restore = workplace.command(&["restore", "-", "--passphrase-file", "phrase"]);
        let output = restore.write_stdin(text).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    for (text, expected) in [
        (
            &whole[..whole.len() - 9],
            "standard input is damaged or cut off (line ",
        ),
        (b"something else\n", "standard input is no backup that"),
        (
            b"SQLite format 3\0",
            "standard input is a SQLite database and no backup",
        ),
        (
            b"age-encryption.org/v1\n",
            "standard input is damaged or cut off",
        ),
    ] {
        let told = told(text);
        assert!(told.contains(expected), "{told}");
    }
    let told = told(&whole);
    assert!(
        told.contains("standard input is not restored: the database "),
        "{told}"
    );
}

#[test]
fn a_pipe_in_place_of_a_file_is_refused_and_not_waited_for() {
    let workplace = Workplace::empty();
    let pipe = workplace.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let mut restore = workplace.command(&["restore", pipe.to_str().unwrap()]);
    let output = restore.timeout(Duration::from_secs(20)).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("say - for standard input"), "{told}");
}

#[test]
fn nothing_is_left_of_a_backup_from_standard_input_when_its_restoration_is_killed() {
    let workplace = Workplace::migrated();
    let temporary = workplace.path().join("temporary");
    std::fs::create_dir(&temporary).unwrap();
    let mut restoration = Command::new(env!("CARGO_BIN_EXE_wharfinger"))
        .current_dir(workplace.path())
        .env("TMPDIR", &temporary)
        .args(["restore", "-"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = restoration.stdin.take().unwrap();
    // More than the pipe holds: some of it is kept elsewhere by now.
    pipe.write_all(&vec![b'x'; 1 << 20]).unwrap();
    restoration.kill().unwrap();
    restoration.wait().unwrap();
    assert_eq!(names(&temporary), Vec::<String>::new());
}
