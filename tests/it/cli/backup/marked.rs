//! The mark of a restoration that was cut off: who looks at it, and who removes it.

use std::fs::{self, File};
use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, Database};

use super::backed_up;
use super::killed::{Source, write_privately};
use crate::cli::Workplace;
use crate::cli::running::{spawn, within};

const CUT_OFF: &str = "the restoration of the backup of a day was cut off, or is under way";

/// A schema with nothing in it, and the mark of a restoration whose key files are all there but one.
fn half_restored(source: &Source) -> Workplace {
    let other = source.empty();
    other.ok(&["migrate"]);
    let half = source.killed_after(source.key_files.len() - 1);
    fs::rename(half.path().join("keys"), other.path().join("keys")).unwrap();
    other
}

/// A server keeps the empty schema of a restoration that was killed.
#[test]
fn no_command_fills_a_database_that_is_to_be_restored() {
    let source = Source::new();
    let other = half_restored(&source);
    for command in [
        &["user", "create", "alice"][..],
        &["group", "create", "team"],
        &["user", "list"],
    ] {
        let told = other.fails(1, command);
        assert!(told.contains(CUT_OFF), "{command:?}: {told}");
    }
    other.ok(&source.restore());
    source.must_be_restored_in(&other);
}

/// Else the keys of one backup would be beside the rows of another.
#[test]
fn a_restoration_without_keys_does_not_pass_over_the_mark_of_another() {
    let source = Source::new();
    let plain = backed_up(&source.workplace, "plain", &[]);
    for number in [1, source.key_files.len()] {
        let other = source.killed_after(number);
        for restore in [
            &[&source.restore()[..], &["--without-keys"]].concat(),
            &vec!["restore", plain.to_str().unwrap()],
        ] {
            let told = other.fails(1, restore);
            assert!(told.contains(CUT_OFF), "{restore:?}: {told}");
            assert!(!other.path().join("data").exists(), "nothing was made");
        }
        other.ok(&source.restore());
        source.must_be_restored_in(&other);
    }
}

/// The mark may outlive the commit where the service cannot remove it; then a key file that it names may go one day.
#[test]
fn a_mark_that_means_nothing_any_more_is_removed_by_commands_that_see_it() {
    let source = Source::new();
    let mark = source.workplace.path().join("keys/.restoring");
    let again = [
        "backup",
        "again",
        "--with-keys",
        "--passphrase-file",
        "passphrase",
    ];
    for command in [
        &["keys", "rotate"][..],
        &["keys", "ca", "renew", "--yes"],
        &again,
    ] {
        source.mark(&source.workplace);
        source.workplace.ok(command);
        assert!(!mark.exists(), "{command:?}");
    }
    // One that is in the way stays.
    write_privately(&mark, "the backup of a day\nsigning/gone.key\n");
    let told = source.workplace.fails(1, &["keys", "rotate"]);
    assert!(told.contains(CUT_OFF), "{told}");
    assert!(mark.exists());
}

/// A start waits for whoever changes the schema, and that may be a restoration which is killed then.
#[tokio::test]
async fn a_start_that_waited_for_a_restoration_looks_for_its_mark_again() {
    let source = Source::new();
    let other = source.empty();
    other.ok(&["migrate"]);
    let file = other.path().join("data/wharfinger.db");
    let mut options = ConnectOptions::new(format!("sqlite://{}", file.display()));
    // The one that begins is the one that ends it.
    options.max_connections(1);
    let db = Database::connect(options).await.unwrap();
    db.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let log = other.path().join("log");
    let mut running = spawn(&other, "", File::create(&log).unwrap(), "");
    let listens = || crate::cli::running::try_to_send(&running.ops, "GET /livez", "").is_ok();
    within(Duration::from_mins(1), "nothing listens", listens);
    std::thread::sleep(Duration::from_millis(500));
    let half = source.killed_after(source.key_files.len() - 1);
    fs::rename(half.path().join("keys"), other.path().join("keys")).unwrap();
    db.execute_unprepared("ROLLBACK").await.unwrap();
    db.close().await.unwrap();
    let ended = || running.child.try_wait().unwrap().is_some();
    within(Duration::from_mins(1), "the start goes on", ended);
    let told = fs::read_to_string(log).unwrap();
    assert!(told.contains(CUT_OFF), "{told}");
    other.ok(&source.restore());
    source.must_be_restored_in(&other);
}
