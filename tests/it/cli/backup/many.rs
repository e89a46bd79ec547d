//! A backup with many pages of rows.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{Backup, backed_up};
use crate::cli::Workplace;
use crate::cli::long_lists::with_tokens;
use crate::cli::running::within;

const TOKENS: usize = 10_000;

#[tokio::test]
async fn a_restoration_that_is_killed_leaves_nothing_and_can_be_repeated() {
    let (workplace, _) = with_tokens(u64::try_from(TOKENS).unwrap()).await;
    let file = backed_up(&workplace, "backup", &[]);
    let backup = Backup::read(&file);
    let ids = backup.numbers("personal_access_tokens", "id");
    let distinct: BTreeSet<_> = ids.iter().collect();
    assert_eq!((ids.len(), distinct.len()), (TOKENS + 1, TOKENS + 1));

    let other = Workplace::empty();
    let mut restoration = Command::new(env!("CARGO_BIN_EXE_wharfinger"))
        .current_dir(other.path())
        .arg("restore")
        .arg(&file)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // SQLite begins to write what does not fit into its memory, long before the commit.
    let beside = other.path().join("data/wharfinger.db-wal");
    within(Duration::from_mins(1), "nothing is written", || {
        std::fs::metadata(&beside).is_ok_and(|found| found.len() > 100_000)
    });
    restoration.kill().unwrap();
    assert!(
        !restoration.wait().unwrap().success(),
        "it was done already"
    );
    let told = other.fails(1, &["user", "list"]);
    assert!(
        told.contains("was cut off, or is under way: run `wharfinger restore` again"),
        "{told}"
    );

    other.ok(&["restore", file.to_str().unwrap()]);
    let again = Backup::read(&backed_up(&other, "again", &[]));
    for table in [
        "users",
        "namespaces",
        "members",
        "personal_access_tokens",
        "deploy_tokens",
        "refresh_tokens",
    ] {
        assert!(again.tables[table] == backup.tables[table], "{table}");
    }
}
