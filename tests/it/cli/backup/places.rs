//! The places of a backup and of its passphrase: a disk that is full, and a terminal.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::process::Stdio;

use super::{Backup, backed_up, names};
use crate::cli::disk_full::SmallDisk;
use crate::cli::terminal::terminal;
use crate::cli::{Workplace, stderr};

#[test]
#[expect(clippy::print_stderr, reason = "it says that nothing was tested")]
fn a_full_disk_leaves_no_half_backup_and_no_half_database() {
    let (workplace, other) = (Workplace::furnished(), Workplace::empty());
    let small = other.path().join("small");
    let Some(disk) = SmallDisk::mount(&small) else {
        eprintln!("not tested: only root can mount a small disk");
        return;
    };
    let before = backed_up(&workplace, "before", &[]);
    disk.fill();
    let filled = names(&small);
    let told = workplace.fails(1, &["backup", small.join("b").to_str().unwrap()]);
    assert!(told.contains("No space left on device"), "{told}");
    assert_eq!(names(&small), filled, "nothing is left behind");

    let restore = || {
        let mut command = other.command(&["restore", before.to_str().unwrap()]);
        command.env("WHARFINGER_DATABASE__URL", "sqlite://small/w.db");
        command.output().unwrap()
    };
    let output = restore();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    disk.free();
    let output = restore();
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn a_terminal_asks_for_the_passphrase() {
    let workplace = Workplace::furnished();
    let type_in = |arguments: &str, text: &str| {
        let command = format!("{} {arguments}", env!("CARGO_BIN_EXE_wharfinger"));
        let mut typed = terminal(&workplace);
        typed
            .args(["--quiet", "--return", "--command", &command, "/dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = typed.spawn().unwrap();
        let mut keyboard = child.stdin.take().unwrap();
        keyboard.write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        drop(keyboard);
        let told = String::from_utf8(output.stdout).unwrap();
        (output.status.success(), told)
    };
    let (made, told) = type_in("backup b --encrypt", "one long phrase\nanother phrase\n");
    assert!(
        !made && told.contains("the two passphrases differ; nothing was done"),
        "{told}"
    );
    assert!(!workplace.path().join("b").exists());
    let (made, told) = type_in("backup b --encrypt", "one long phrase\none long phrase\n");
    assert!(
        made && told.contains("New passphrase: ") && told.contains("Again: "),
        "{told}"
    );
    fs::rename(workplace.path().join("data"), workplace.path().join("old")).unwrap();
    let (restored, told) = type_in("restore b", "one long phrase\n");
    assert!(restored && told.contains("Passphrase: "), "{told}");
    let again = Backup::read(&backed_up(&workplace, "again", &[]));
    assert_eq!(again.tables["users"][0]["username"], "alice");
    let (printed, told) = type_in("backup -", "");
    assert!(
        !printed && told.contains("the backup would be printed on the terminal"),
        "{told}"
    );
}

#[test]
fn a_backup_may_have_a_name_that_is_no_text() {
    let workplace = Workplace::furnished();
    let name = OsStr::from_bytes(b"caf\xe9.jsonl");
    let output = workplace.command(&["backup"]).arg(name).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(workplace.path().join(name).exists());
}
