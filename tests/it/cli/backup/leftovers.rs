//! Files of an earlier database, whose own file is gone.

use std::fs;

use super::{backed_up, names};
use crate::cli::Workplace;
use crate::cli::running::{free_address, start};

/// Everything that would make the file of a database.
const MAKERS: [&[&str]; 3] = [&["serve"], &["migrate"], &["restore", "backup"]];

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
        for maker in MAKERS.into_iter().chain([
            &["migrate", "status"][..],
            &["user", "list"],
            &["backup", "b"],
        ]) {
            let told = workplace.fails(1, maker);
            let expected = format!(
                "the file is missing, but {} of an earlier database is there, perhaps with the last changes of that one. \
                 Bring its file back if it was moved; else move this away too",
                left.display()
            );
            assert!(told.contains(&expected), "{maker:?}: {told}");
            assert_eq!(names(&data), [format!("wharfinger.db{ending}")]);
            assert_eq!(fs::read_to_string(&left).unwrap(), "the last changes");
        }
        fs::remove_file(left).unwrap();
    }
    workplace.ok(&["restore", "backup"]);
    assert!(workplace.ok(&["user", "list"]).contains("alice"));
}

/// A database whose last changes are in its log alone, because it was killed.
#[test]
fn the_log_of_a_database_that_was_moved_away_survives_and_belongs_to_it_still() {
    let workplace = Workplace::empty();
    let mut running = start(&workplace, "log");
    workplace.ok(&["user", "create", "alice"]);
    running.signal("-KILL");
    running.child.wait().unwrap();
    let data = workplace.path().join("data");
    let (file, away) = (data.join("wharfinger.db"), data.join("away.db"));
    assert!(
        data.join("wharfinger.db-wal")
            .metadata()
            .is_ok_and(|log| log.len() > 0)
    );
    fs::rename(&file, &away).unwrap();
    // A file without anything in it is as good as none.
    for is_empty in [false, true] {
        if is_empty {
            fs::write(&file, "").unwrap();
        }
        for maker in &MAKERS[..2] {
            let told = workplace.fails(1, maker);
            let found = if is_empty { "is empty" } else { "is missing" };
            assert!(told.contains(&format!("the file {found}, but ")), "{told}");
        }
    }
    fs::rename(away, file).unwrap();
    assert!(workplace.ok(&["user", "list"]).contains("alice"));
}
