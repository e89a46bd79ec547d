//! Restorations with keys that are killed: another try goes on, and nothing else takes what they left for whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::round_trip::{full, login};
use super::{PASSPHRASE, backed_up};
use crate::cli::Workplace;
use crate::cli::running::{Running, start};

const WITH_KEYS: [&str; 3] = ["--with-keys", "--passphrase-file", "passphrase"];

/// A service with a token, a backup of it with its keys, and what it has in `keys`, in the order in which it is restored.
pub(super) struct Source {
    pub(super) workplace: Workplace,
    secret: String,
    pub(super) backup: PathBuf,
    pub(super) key_files: Vec<String>,
}

impl Source {
    pub(super) fn new() -> Self {
        let (workplace, secret) = full();
        start(&workplace, "log").stop();
        fs::write(workplace.path().join("passphrase"), PASSPHRASE).unwrap();
        let backup = backed_up(&workplace, "backup.age", &WITH_KEYS);
        let key_files = key_files(&workplace.path().join("keys"));
        assert!(key_files.len() > 3, "{key_files:?}");
        Self {
            workplace,
            secret,
            backup,
            key_files,
        }
    }

    pub(super) fn text(&self, key_file: &str) -> String {
        fs::read_to_string(self.workplace.path().join("keys").join(key_file)).unwrap()
    }

    /// A place as a restoration leaves it that was killed after so many key files.
    pub(super) fn killed_after(&self, number: usize) -> Workplace {
        let other = self.empty();
        let keys = other.path().join("keys");
        for key_file in &self.key_files[..number] {
            let place = keys.join(key_file);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::copy(self.workplace.path().join("keys").join(key_file), place).unwrap();
        }
        self.mark(&other);
        other
    }

    /// Puts the mark of a restoration of all key files into a place.
    pub(super) fn mark(&self, other: &Workplace) {
        let keys = other.path().join("keys");
        fs::create_dir_all(&keys).unwrap();
        let mark = format!("the backup of a day\n{}\n", self.key_files.join("\n"));
        write_privately(&keys.join(".restoring"), &mark);
    }

    pub(super) fn empty(&self) -> Workplace {
        let other = Workplace::empty();
        let passphrase = self.workplace.path().join("passphrase");
        fs::copy(passphrase, other.path().join("passphrase")).unwrap();
        // A service on ports of its own, if one starts.
        start(&other, "log").stop();
        fs::remove_dir_all(other.path().join("data")).unwrap();
        fs::remove_dir_all(other.path().join("keys")).unwrap();
        other
    }

    pub(super) fn restore(&self) -> [&str; 4] {
        let backup = self.backup.to_str().unwrap();
        ["restore", backup, "--passphrase-file", "passphrase"]
    }

    /// Everything is there: the keys are the same, and the token works.
    pub(super) fn must_be_restored_in(&self, other: &Workplace) {
        let keys = other.path().join("keys");
        assert_eq!(key_files(&keys), self.key_files);
        for key_file in &self.key_files {
            let restored = fs::read_to_string(keys.join(key_file)).unwrap();
            assert!(restored == self.text(key_file), "{key_file}");
        }
        let running = start(other, "log");
        assert!(!keys.join(".restoring").exists());
        must_grant(&running, &self.secret);
    }
}

fn must_grant(running: &Running, secret: &str) {
    let reply = login(&running.token, "x", secret, "repository:team/app:pull");
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    assert!(!reply.contains("\"denied\":[{"), "{reply}");
}

pub(super) fn write_privately(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// The paths of all key files, in order.
pub(super) fn key_files(keys: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for folder in ["", "early", "pinned", "public", "signing"] {
        let Ok(entries) = fs::read_dir(keys.join(folder)) else {
            continue;
        };
        for entry in entries.map(|entry| entry.unwrap()) {
            let name = entry.file_name().into_string().unwrap();
            if entry.path().is_file() && !name.starts_with('.') {
                found.push(
                    format!("{folder}/{name}")
                        .trim_start_matches('/')
                        .to_owned(),
                );
            }
        }
    }
    found.sort();
    found
}

#[test]
fn after_a_kill_among_the_key_files_the_same_restoration_goes_on() {
    let source = Source::new();
    for number in 0..=source.key_files.len() {
        let other = source.killed_after(number);
        for arguments in [
            &["serve"][..],
            &["migrate"],
            &["migrate", "status"],
            &["keys", "rotate"],
            &["keys", "ca", "renew", "--yes"],
        ] {
            let output = other.run(arguments);
            let told = crate::cli::stderr(&output);
            assert_eq!(output.status.code(), Some(1), "{arguments:?}: {told}");
            assert!(
                told.contains(
                    "the restoration of the backup of a day was cut off, or is under way: run `wharfinger restore` again with \
                     the same backup, and it goes on"
                ),
                "{arguments:?}: {told}"
            );
            assert!(!other.path().join("data").exists(), "nothing was made");
            assert_eq!(
                key_files(&other.path().join("keys")),
                source.key_files[..number]
            );
        }
        other.ok(&source.restore());
        source.must_be_restored_in(&other);
    }
}

#[test]
fn keys_of_another_backup_and_keys_at_work_are_not_taken_for_those_of_a_killed_restoration() {
    let (source, another) = (Source::new(), Source::new());
    let other = source.killed_after(2);
    let told = other.fails(1, &another.restore());
    assert!(
        told.contains("keys/ca.key: is there already, and a backup never replaces a key: this is another backup, and the restoration of the backup of a day was cut off")
            && told.contains("To give it up, remove the key files that ") ,
        "{told}"
    );
    assert!(!other.path().join("data").exists(), "nothing was made");
    assert_eq!(
        fs::read_to_string(other.path().join("keys/ca.key")).unwrap(),
        source.text("ca.key")
    );
    // Given up as it is told there, the place is free for another backup.
    let keys = other.path().join("keys");
    let mark = fs::read_to_string(keys.join(".restoring")).unwrap();
    for path in mark.lines().skip(1) {
        let _ = fs::remove_file(keys.join(path));
    }
    fs::remove_file(keys.join(".restoring")).unwrap();
    other.ok(&another.restore());
    another.must_be_restored_in(&other);
    // The mark alone was left, because the kill came after the commit: nothing is in the way.
    another.mark(&other);
    other.ok(&["migrate", "status"]);
    another.must_be_restored_in(&other);
}

/// The longest part of a restoration are its rows, before which there is no key file.
#[test]
fn nothing_starts_on_what_a_restoration_left_that_was_killed_among_the_rows() {
    let source = Source::new();
    let without_keys = [&source.restore()[..], &["--without-keys"]].concat();
    for restore in [&source.restore()[..], &without_keys] {
        let other = source.empty();
        let mut restoration = begun(&other, restore);
        let mark = other.path().join("keys/.restoring");
        wait(&mut restoration, || mark.exists());
        restoration.kill().unwrap();
        restoration.wait().unwrap();
        assert_eq!(
            fs::read_to_string(&mark).unwrap().lines().count(),
            1,
            "no key file yet"
        );
        for command in [
            &["serve"][..],
            &["migrate"],
            &["migrate", "status"],
            &["user", "create", "alice"],
        ] {
            let output = other.run(command);
            let told = String::from_utf8(output.stderr).unwrap();
            let is_told = told.contains("was cut off, or is under way: run `wharfinger restore`");
            assert!(
                output.status.code() == Some(1) && is_told,
                "{command:?}: {told}"
            );
        }
        other.ok(restore);
        assert!(!mark.exists());
        other.ok(&["migrate", "status"]);
    }
}

/// A second one would take the mark back when it fails.
#[test]
fn of_two_restorations_at_once_the_second_is_refused_and_changes_nothing() {
    let source = Source::new();
    let other = source.empty();
    let mut first = begun(&other, &source.restore());
    let mark = other.path().join("keys/.restoring");
    wait(&mut first, || mark.exists());
    let signal = |signal| {
        let first = rustix::process::Pid::from_child(&first);
        rustix::process::kill_process(first, signal).unwrap();
    };
    signal(rustix::process::Signal::STOP);
    let without_keys = [&source.restore()[..], &["--without-keys"]].concat();
    for restore in [&source.restore()[..], &without_keys] {
        let told = other.fails(1, restore);
        assert!(told.contains("another restoration is under way"), "{told}");
        assert!(mark.exists());
    }
    signal(rustix::process::Signal::CONT);
    assert!(first.wait().unwrap().success());
    source.must_be_restored_in(&other);
}

#[test]
fn a_restoration_that_is_refused_leaves_no_mark() {
    let source = Source::new();
    let other = source.empty();
    other.ok(&["migrate"]);
    other.ok(&["user", "create", "alice"]);
    let without_keys = [&source.restore()[..], &["--without-keys"]].concat();
    for restore in [&source.restore()[..], &without_keys] {
        let told = other.fails(1, restore);
        assert!(told.contains("is not empty"), "{told}");
        assert!(!other.path().join("keys/.restoring").exists());
    }
}

fn begun(other: &Workplace, restore: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_wharfinger"))
        .current_dir(other.path())
        .args(restore)
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits until something is so, or the restoration is over.
fn wait(restoration: &mut Child, is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() && restoration.try_wait().unwrap().is_none() {
        assert!(begin.elapsed() < Duration::from_mins(1));
        std::thread::sleep(Duration::from_micros(100));
    }
}

/// True if the mark names a key file, so that key files are being written.
fn names_key_files(mark: &Path) -> bool {
    fs::read_to_string(mark).is_ok_and(|text| text.lines().count() > 1)
}

/// At moments that chance chooses, of which some are among the key files.
#[test]
fn a_restoration_with_keys_that_is_killed_at_any_moment_can_be_repeated() {
    let source = Source::new();
    for number in 0..8_usize {
        let other = source.empty();
        let mut restoration = begun(&other, &source.restore());
        let mark = other.path().join("keys/.restoring");
        wait(&mut restoration, || names_key_files(&mark));
        // The key files are written within milliseconds, as a rule.
        std::thread::sleep(Duration::from_micros(
            [0, 250, 500, 1000, 1500, 2000, 5000, 20_000][number],
        ));
        let _ = restoration.kill();
        restoration.wait().unwrap();
        let told = other.run(&["migrate", "status", "--json"]);
        let state: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
        let state = format!(
            "half restored: {}, empty: {}",
            state["half_restored"], state["empty"]
        );
        // Nobody has to know when the kill came.
        other.ok(&source.restore());
        assert!(!other.path().join("keys/.restoring").exists(), "{state}");
        source.must_be_restored_in(&other);
    }
}
