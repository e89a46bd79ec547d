//! A backup is of one moment, while changes are made.

use std::collections::BTreeSet;
use std::fs::File;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{Backup, PASSPHRASE, backed_up};
use crate::cli::running::{Running, send, start, within};
use crate::cli::{Workplace, stderr};

fn post(running: &Running, secret: &str, request: &str) -> String {
    let header = format!("private-token: {secret}\r\ncontent-length: 0\r\n");
    send(&running.admin, request, &header)
}

/// Makes users, groups and roles, and deletes half of them, until it is told to stop; returns their number.
fn work(running: &Running, secret: &str, is_over: &AtomicBool) -> usize {
    let mut made = 0;
    while !is_over.load(Ordering::Relaxed) {
        let name = format!("worker-{made}");
        for request in [
            format!(
                "POST /api/v4/users?username={name}&name=x&email={name}@example.com&force_random_password=true"
            ),
            format!("POST /api/v4/groups?name={name}-team&path={name}-team"),
        ] {
            let reply = post(running, secret, &request);
            assert!(reply.starts_with("HTTP/1.1 201"), "{request}: {reply}");
        }
        // The administrator has the id 1, and every user one more.
        let add = format!(
            "POST /api/v4/groups/{name}-team/members?user_id={}&access_level=30",
            made + 2
        );
        let reply = post(running, secret, &add);
        assert!(reply.starts_with("HTTP/1.1 201"), "{add}: {reply}");
        if made % 2 == 1 {
            let delete = format!("DELETE /api/v4/users/{}", made + 2);
            let reply = post(running, secret, &delete);
            assert!(reply.starts_with("HTTP/1.1 204"), "{delete}: {reply}");
        }
        made += 1;
    }
    made
}

/// The faults in the references of a backup, and in its numbers.
fn must_be_of_one_moment(backup: &Backup) {
    let ids = |table: &str| -> BTreeSet<i64> { backup.numbers(table, "id").into_iter().collect() };
    let (users, namespaces) = (ids("users"), ids("namespaces"));
    for (table, column, known) in [
        ("members", "user_id", &users),
        ("members", "namespace_id", &namespaces),
        ("namespaces", "parent_id", &namespaces),
        ("personal_access_tokens", "user_id", &users),
    ] {
        for number in backup.numbers(table, column) {
            assert!(
                known.contains(&number),
                "{table}.{column} {number} is missing"
            );
        }
    }
    let change = backup.header()["change"].as_i64().unwrap();
    assert_eq!(backup.numbers("change_counter", "number"), [change]);
    let all: Vec<i64> = (1..=change).collect();
    assert_eq!(
        backup.numbers("changes", "number"),
        all,
        "every change is there, and none after"
    );
    let events = backup.numbers("events", "change_number");
    assert_eq!(
        events.into_iter().collect::<BTreeSet<_>>(),
        all.into_iter().collect()
    );
}

#[test]
fn a_backup_is_of_one_moment_while_changes_are_made() {
    let workplace = Workplace::empty();
    let running = start(&workplace, "log");
    let token = [
        "token", "create", "--user", "admin", "--name", "x", "--scope", "api",
    ];
    let secret = workplace.ok(&token);
    let is_over = AtomicBool::new(false);
    let changes: Vec<i64> = std::thread::scope(|scope| {
        let worker = scope.spawn(|| work(&running, secret.trim(), &is_over));
        let changes = (0..6).map(|number| {
            std::thread::sleep(Duration::from_millis(200));
            let backup = Backup::read(&backed_up(&workplace, &format!("b{number}"), &[]));
            must_be_of_one_moment(&backup);
            backup.header()["change"].as_i64().unwrap()
        });
        let changes = changes.collect();
        is_over.store(true, Ordering::Relaxed);
        assert!(worker.join().unwrap() > 3);
        changes
    });
    let growing = changes.windows(2).filter(|pair| pair[0] < pair[1]).count();
    assert!(growing >= 4, "changes were made all the time: {changes:?}");
    let other = Workplace::empty();
    let last = workplace.path().join("b5");
    other.ok(&["restore", last.to_str().unwrap()]);

    // The same through a pipe.
    let printed = workplace.ok(&["backup", "-"]);
    must_be_of_one_moment(&Backup::of(&printed));
}

/// The key that encrypts secrets may be made between the two, and a secret without its key is lost.
#[test]
fn the_key_files_of_a_backup_are_not_older_than_its_rows() {
    let workplace = Workplace::empty();
    start(&workplace, "log").stop();
    std::fs::write(workplace.path().join("passphrase"), PASSPHRASE).unwrap();
    let lock = workplace.path().join("keys/.lock");
    let lock = File::options().write(true).open(lock).unwrap();
    lock.lock().unwrap();
    let arguments = [
        "backup",
        "b",
        "--with-keys",
        "--passphrase-file",
        "passphrase",
    ];
    let mut backup = Command::new(env!("CARGO_BIN_EXE_wharfinger"))
        .current_dir(workplace.path())
        .args(arguments)
        .spawn()
        .unwrap();
    // The kernel lists who waits for a lock, with an arrow.
    let process = format!(" {} ", backup.id());
    within(Duration::from_mins(1), "the key files are not read", || {
        let locks = std::fs::read_to_string("/proc/locks").unwrap();
        let mut waiting = locks.lines().filter(|line| line.contains("->"));
        waiting.any(|line| line.contains(&process))
    });
    workplace.ok(&["user", "create", "later"]);
    lock.unlock().unwrap();
    assert!(backup.wait().unwrap().success());

    let other = Workplace::empty();
    let file = workplace.path().join("b");
    let mut restore = other.command(&["restore", file.to_str().unwrap(), "--passphrase-file", "-"]);
    let restored = restore.write_stdin(PASSPHRASE).output().unwrap();
    assert!(restored.status.success(), "{}", stderr(&restored));
    let users = other.ok(&["user", "list"]);
    assert!(
        users.contains("admin") && !users.contains("later"),
        "{users}"
    );
}
