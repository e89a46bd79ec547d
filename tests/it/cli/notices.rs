//! Notices of a service that runs, and what the command line shows of them.

use std::time::Duration;

use super::Workplace;
use super::running::{start_with, within};
use crate::notices::receiver::{Message, Receiver};
use crate::notices::{SECRET, webhook_at};

/// Makes a token of alice and revokes it; its id.
fn make_and_revoke(workplace: &Workplace) -> String {
    let made = workplace.json(&[
        "token",
        "create",
        "--user",
        "alice",
        "--name",
        "needle in the log",
        "--scope",
        "read_registry",
    ]);
    let id = made["id"].to_string();
    workplace.ok(&["token", "revoke", &id, "--yes"]);
    id
}

/// The first message that comes.
fn wait(receiver: &Receiver) -> Message {
    let mut messages = Vec::new();
    within(Duration::from_secs(20), "no message comes", || {
        messages.extend(receiver.take());
        !messages.is_empty()
    });
    messages.remove(0)
}

#[test]
fn a_running_service_tells_what_the_command_line_does_also_while_it_was_away() {
    let (workplace, receiver) = (Workplace::furnished(), Receiver::start());
    make_and_revoke(&workplace);
    let webhook = webhook_at(&receiver.url());
    let mut running = start_with(&workplace, "log", &webhook);
    let id = make_and_revoke(&workplace);
    let message = wait(&receiver).json();
    assert_eq!(message["type"], "access_token.revoked");
    assert_eq!(message["data"]["token"]["id"].to_string(), id);
    assert_eq!(message["data"]["author_name"], "(operator)");
    within(Duration::from_secs(20), "it is not delivered", || {
        let listed = workplace.ok(&["notice", "list", "--state", "delivered"]);
        let cells: Vec<&str> = listed.trim_end().split('\t').collect();
        cells.len() == 9
            && cells[2..7] == ["access_token.revoked", &id, "webhook", "delivered", "1"]
            && cells[7..] == ["-", "-"]
    });
    let listed = workplace.json(&["notice", "list"]);
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(running.stop().0, Some(0));

    let id = make_and_revoke(&workplace);
    let mut running = start_with(&workplace, "second log", &webhook);
    let message = wait(&receiver).json();
    assert_eq!(message["data"]["token"]["id"].to_string(), id);
    assert_eq!(running.stop().0, Some(0));
    for log in ["log", "second log"] {
        let log = std::fs::read_to_string(workplace.path().join(log)).unwrap();
        assert!(!log.contains("needle") && !log.contains(SECRET), "{log}");
    }
}

#[test]
fn a_channel_that_fails_is_told_once_in_the_log() {
    let (workplace, receiver) = (Workplace::furnished(), Receiver::start());
    receiver.answer("500 Internal Server Error");
    receiver.answer("500 Internal Server Error");
    let mut running = start_with(&workplace, "log", &webhook_at(&receiver.url()));
    make_and_revoke(&workplace);
    wait(&receiver);
    make_and_revoke(&workplace);
    wait(&receiver);
    let listed = workplace.ok(&["notice", "list", "--state", "pending"]);
    assert_eq!(
        listed.matches("the webhook answered 500").count(),
        2,
        "{listed}"
    );
    assert_eq!(running.stop().0, Some(0));
    let log = std::fs::read_to_string(workplace.path().join("log")).unwrap();
    assert_eq!(
        log.matches("notices do not go out by webhook").count(),
        1,
        "{log}"
    );
}

#[test]
fn only_states_of_notices_are_taken_for_one() {
    let workplace = Workplace::migrated();
    let told = workplace.fails(2, &["notice", "list", "--state", "odd"]);
    assert!(
        told.contains("a notice is pending, delivered, failed or dropped"),
        "{told}"
    );
}
