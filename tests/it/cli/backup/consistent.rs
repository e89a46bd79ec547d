//! A backup is of one moment, while changes are made.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{Backup, backed_up};
use crate::cli::Workplace;
use crate::cli::running::{Running, send, start};

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
