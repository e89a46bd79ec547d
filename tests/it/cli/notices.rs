//! Notices of a service that runs, and what the command line shows of them.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use super::Workplace;
use super::running::{spawn, start_with, within};
use crate::notices::mailbox::Mailbox;
use crate::notices::receiver::{Message, Receiver};
use crate::notices::{SECRET, mail_at, webhook_at};

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

/// The words of a start that fails with that configuration; `~` in it is the folder.
fn refused(workplace: &Workplace, more: &str) -> String {
    let log = std::fs::File::create(workplace.path().join("log")).unwrap();
    let more = more.replace('~', &workplace.path().display().to_string());
    assert!(!spawn(workplace, "", log, &more).becomes_ready());
    std::fs::read_to_string(workplace.path().join("log")).unwrap()
}

#[test]
fn files_of_authorities_that_cannot_be_used_stop_the_start_with_the_name_of_the_key() {
    let workplace = Workplace::migrated();
    let mail = "[mail]\nserver = \"localhost\"\nfrom = \"w@example.com\"\n";
    let webhook = webhook_at("https://localhost:1/");
    let bundle = workplace.path().join("bundle");
    let certificate = rcgen::generate_simple_self_signed(["x".to_owned()]).unwrap();
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_owned();
    let large = format!("{}{}", certificate.cert.pem(), "#\n".repeat(1024 * 512));
    for (text, told) in [
        (
            String::new(),
            "the file has no certificate (PEM) that can be used: it is empty",
        ),
        (
            "a remark\n".to_owned(),
            "the file has no certificate (PEM) that can be used: it is something else; a certificate begins with",
        ),
        (
            broken,
            "the file has no certificate (PEM) that can be used: the one in it is cut off or altered",
        ),
        (large, "more than 1048576 bytes"),
    ] {
        std::fs::write(&bundle, text).unwrap();
        for (key, section) in [
            ("mail.ca_file", mail),
            ("mail.ca_file", &format!("{mail}tls = \"none\"\n")),
            ("webhook.ca_file", &webhook),
        ] {
            let said = refused(&workplace, &format!("{section}ca_file = \"~/bundle\"\n"));
            assert!(said.contains(key) && said.contains(told), "{key}: {said}");
        }
    }
}

#[test]
fn a_secret_in_a_file_that_is_too_large_is_not_cut_off() {
    let workplace = Workplace::migrated();
    let (path, mode) = (workplace.path().join("p"), PermissionsExt::from_mode(0o600));
    std::fs::write(&path, "x".repeat(65_537)).unwrap();
    std::fs::set_permissions(&path, mode).unwrap();
    let mail = "[mail]\nserver = \"localhost\"\nfrom = \"w@example.com\"\nuser = \"w\"\npassword_file = \"~/p\"\n";
    let said = refused(&workplace, mail);
    assert!(
        said.contains("`mail.password_file` names the file")
            && said.contains("more than 65536 bytes"),
        "{said}"
    );
}

/// Without an outcome it would be sent again five minutes later. A receiver that is silent does not hold the stop up.
#[test]
fn a_stop_waits_a_moment_for_a_notice_that_is_on_its_way() {
    for (hesitation, state) in [(1, "delivered"), (20, "pending")] {
        let (workplace, receiver) = (Workplace::furnished(), Receiver::start());
        receiver.hesitate(Duration::from_secs(hesitation));
        let webhook = format!("{}timeout = \"30s\"\n", webhook_at(&receiver.url()));
        let mut running = start_with(&workplace, "log", &webhook);
        make_and_revoke(&workplace);
        wait(&receiver);
        let (status, took) = running.stop();
        assert!(
            status == Some(0) && took < Duration::from_secs(10),
            "{took:?}"
        );
        let listed = workplace.ok(&["notice", "list", "--state", state]);
        assert_eq!(listed.lines().count(), 1, "{listed}");
    }
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
fn a_mail_that_is_refused_alone_is_told_in_the_log_as_that() {
    let (workplace, mailbox) = (Workplace::furnished(), Mailbox::start());
    mailbox.answer("450 come back");
    let to_owners = mail_at(mailbox.port).replace("operator = \"ops@example.com\"\n", "");
    let mut running = start_with(&workplace, "log", &to_owners);
    make_and_revoke(&workplace);
    within(Duration::from_secs(20), "it is not refused", || {
        let listed = workplace.ok(&["notice", "list", "--state", "pending"]);
        listed.contains("the mail server answered 450")
    });
    make_and_revoke(&workplace);
    within(Duration::from_secs(20), "no other mail comes", || {
        !mailbox.take().is_empty()
    });
    assert_eq!(running.stop().0, Some(0));
    let log = std::fs::read_to_string(workplace.path().join("log")).unwrap();
    let line = "notice 1 (access_token.revoked) does not go out by owner_mail, and is tried again";
    assert_eq!(log.matches(line).count(), 1, "{log}");
    assert!(!log.contains("notices do not go out"), "{log}");
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
