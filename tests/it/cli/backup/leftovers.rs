//! Files of an earlier database, whose own file is gone.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use super::killed::write_privately;
use super::{backed_up, names};
use crate::cli::Workplace;
use crate::cli::running::{free_address, send, start};

/// Everything that would make the file of a database, or open it.
const COMMANDS: [&[&str]; 6] = [
    &["serve"],
    &["migrate"],
    &["restore", "backup"],
    &["migrate", "status"],
    &["user", "list"],
    &["backup", "b"],
];

/// SQLite deletes them when it makes the file, and with them what was committed there last.
#[test]
fn what_is_left_of_an_earlier_database_is_not_destroyed() {
    let source = Workplace::furnished();
    let backup = backed_up(&source, "backup", &[]);
    let workplace = Workplace::empty();
    fs::copy(backup, workplace.path().join("backup")).unwrap();
    let listeners =
        ["token", "admin", "ops"].map(|name| format!("{name}.listen = \"{}\"\n", free_address()));
    fs::write(workplace.path().join("wharfinger.toml"), listeners.concat()).unwrap();
    let data = workplace.path().join("data");
    fs::create_dir(&data).unwrap();
    for ending in ["-wal", "-shm", "-journal"] {
        let left = data.join(format!("wharfinger.db{ending}"));
        fs::write(&left, "the last changes").unwrap();
        for command in COMMANDS {
            let told = workplace.fails(1, command);
            let expected = format!(
                "the file is missing, but {} of an earlier database is there, perhaps with the last changes of that one. \
                 Bring its file back if it was moved; else move this away too",
                left.display()
            );
            assert!(told.contains(&expected), "{command:?}: {told}");
            assert_eq!(names(&data), [format!("wharfinger.db{ending}")]);
            assert_eq!(fs::read_to_string(&left).unwrap(), "the last changes");
        }
        fs::remove_file(left).unwrap();
    }
    workplace.ok(&["restore", "backup"]);
    assert!(workplace.ok(&["user", "list"]).contains("alice"));
}

/// A database whose last changes are in its log alone, because it was killed. The mark of a restoration makes commands look at
/// the database that would else not.
#[test]
fn the_log_of_a_database_that_was_moved_away_survives_and_belongs_to_it_still() {
    let workplace = Workplace::empty();
    let mut running = start(&workplace, "log");
    workplace.ok(&["user", "create", "alice"]);
    backed_up(&workplace, "backup", &[]);
    running.signal("-KILL");
    running.child.wait().unwrap();
    let data = workplace.path().join("data");
    let (file, away) = (data.join("wharfinger.db"), data.join("away.db"));
    let log = fs::read(data.join("wharfinger.db-wal")).unwrap();
    assert!(!log.is_empty());
    fs::rename(&file, &away).unwrap();
    let mark = workplace.path().join("keys/.restoring");
    // A file without anything in it is as good as none.
    for (is_empty, is_marked) in [(false, false), (true, false), (true, true)] {
        if is_empty {
            fs::write(&file, "").unwrap();
        }
        if is_marked {
            write_privately(&mark, "the backup of a day\nca.key\n");
        }
        let more = [&["keys", "rotate"][..], &["keys", "ca", "renew", "--yes"]];
        let more = more.into_iter().filter(|_| is_marked);
        for command in COMMANDS.into_iter().chain(more) {
            let told = workplace.fails(1, command);
            let found = if is_empty { "is empty" } else { "is missing" };
            let expected = format!("the file {found}, but ");
            assert!(told.contains(&expected), "{command:?}: {told}");
            let left = fs::read(data.join("wharfinger.db-wal")).unwrap_or_default();
            assert!(left == log, "{command:?}");
        }
    }
    fs::remove_file(mark).unwrap();
    fs::rename(away, file).unwrap();
    assert!(workplace.ok(&["user", "list"]).contains("alice"));
}

/// Links from the place of the database to a file in another folder, which is not there.
fn linked(workplace: &Workplace) -> (PathBuf, PathBuf) {
    let [data, volume] = ["data", "volume"].map(|name| workplace.path().join(name));
    fs::create_dir(&data).unwrap();
    fs::create_dir(&volume).unwrap();
    // By a path that begins at the root, and by one that begins at the link.
    symlink(
        workplace.path().join("data/next.db"),
        data.join("wharfinger.db"),
    )
    .unwrap();
    symlink("../volume/real.db", data.join("next.db")).unwrap();
    (data, volume)
}

/// SQLite follows a link to the file, and has its log beside the file that it leads to.
#[test]
fn what_is_left_where_a_link_leads_is_not_destroyed() {
    let source = Workplace::furnished();
    let backup = backed_up(&source, "backup", &[]);
    let workplace = Workplace::empty();
    fs::copy(backup, workplace.path().join("backup")).unwrap();
    let (_, volume) = linked(&workplace);
    let left = volume.join("real.db-wal");
    fs::write(&left, "the last changes").unwrap();
    for is_empty in [false, true] {
        if is_empty {
            fs::write(volume.join("real.db"), "").unwrap();
        }
        for command in COMMANDS {
            let told = workplace.fails(1, command);
            let found = if is_empty { "is empty" } else { "is missing" };
            let expected = format!("the file {found}, but ");
            assert!(told.contains(&expected), "{command:?}: {told}");
            assert!(
                told.contains("/volume/real.db-wal of "),
                "{command:?}: {told}"
            );
            let text = fs::read_to_string(&left).unwrap_or_default();
            assert_eq!(text, "the last changes", "{command:?}");
        }
    }
    fs::remove_file(left).unwrap();
    workplace.ok(&["restore", "backup"]);
    assert!(workplace.ok(&["user", "list"]).contains("alice"));
    assert!(
        volume
            .join("real.db")
            .metadata()
            .is_ok_and(|file| file.len() > 0)
    );
}

#[test]
fn the_log_where_a_link_leads_is_looked_after_and_so_is_the_link() {
    let workplace = Workplace::empty();
    let (data, volume) = linked(&workplace);
    let running = start(&workplace, "log");
    let ready = || send(&running.ops, "GET /readyz", "");
    let (log, away) = (volume.join("real.db-wal"), volume.join("away"));
    fs::rename(&log, &away).unwrap();
    assert!(
        ready().contains("real.db-wal was deleted or moved"),
        "{}",
        ready()
    );
    fs::rename(&away, &log).unwrap();
    assert!(ready().starts_with("HTTP/1.1 200"), "{}", ready());
    fs::rename(data.join("next.db"), &away).unwrap();
    assert!(
        ready().contains("the file was deleted or moved"),
        "{}",
        ready()
    );
}
