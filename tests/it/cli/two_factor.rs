//! Two-factor authentication at the command line, and in a backup.

use std::fs;

use chrono::{DateTime, Duration, Utc};
use serde_json::Value;
use wharfinger::domain::clock::Clock;
use wharfinger::server::SystemClock;

use super::Workplace;
use super::running::{Running, send, start};
use crate::two_factor::shown;

const TOKEN: [&str; 8] = [
    "token", "create", "--user", "alice", "--name", "laptop", "--scope", "api",
];

fn now() -> DateTime<Utc> {
    SystemClock.now()
}

/// The API's answer to a call without a body.
fn call(running: &Running, request: &str, token: &str) -> String {
    let more = format!("private-token: {token}\r\ncontent-length: 0\r\n");
    send(&running.admin, request, &more)
}

fn json(reply: &str) -> Value {
    let body = reply.rsplit_once("\r\n\r\n").unwrap().1;
    serde_json::from_str(body).unwrap()
}

/// Alice turns it on; her secret and her token come back.
fn turned_on(workplace: &Workplace, running: &Running) -> (String, String) {
    let token = workplace.ok(&TOKEN).trim().to_owned();
    let begun = call(running, "POST /api/v4/user/two_factor", &token);
    assert!(begun.starts_with("HTTP/1.1 201"), "{begun}");
    let secret = json(&begun)["secret"].as_str().unwrap().to_owned();
    let code = shown(&secret, now());
    let confirm = format!("POST /api/v4/user/two_factor/confirm?code={code}");
    let confirmed = call(running, &confirm, &token);
    assert!(confirmed.starts_with("HTTP/1.1 201"), "{confirmed}");
    (secret, token)
}

#[test]
fn it_is_listed_and_turned_off_for_those_who_lost_their_device() {
    let workplace = Workplace::furnished();
    workplace.ok(&["user", "create", "bob"]);
    let running = start(&workplace, "log");
    let (secret, _) = turned_on(&workplace, &running);
    let list = |which: &str| workplace.ok(&["user", "list", "--two-factor", which]);
    let alice = "alice\tactive\ta@example.com\tuser\tenabled\n";
    assert_eq!(list("enabled"), alice);
    assert_eq!(workplace.ok(&["user", "show", "alice"]), alice);
    assert!(list("disabled").contains("bob\tactive\t-\tuser\tdisabled\n"));
    assert!(!list("disabled").contains("alice"));
    let shown = workplace.json(&["user", "show", "alice"]);
    assert_eq!(shown["two_factor_enabled"], true);

    let disable = ["user", "two-factor", "disable", "alice"];
    let asked = workplace.fails(1, &disable);
    assert!(asked.contains("say --yes to do it"), "{asked}");
    let off = workplace.ok(&[&disable[..], &["--yes"]].concat());
    assert_eq!(off, alice.replace("enabled", "disabled"));
    let again = workplace.fails(1, &[&disable[..], &["--yes"]].concat());
    assert!(again.contains("is not enabled for this user"), "{again}");
    let told = workplace.fails(2, &["user", "list", "--two-factor", "perhaps"]);
    assert!(told.contains("enabled or disabled"), "{told}");
    let log = fs::read_to_string(workplace.path().join("log")).unwrap();
    assert!(!log.contains(&secret));
}

#[test]
fn a_set_up_that_was_only_begun_is_ended_too() {
    let workplace = Workplace::furnished();
    let running = start(&workplace, "log");
    let token = workplace.ok(&TOKEN).trim().to_owned();
    let begun = call(&running, "POST /api/v4/user/two_factor", &token);
    assert!(begun.starts_with("HTTP/1.1 201"), "{begun}");
    let disable = ["user", "two-factor", "disable", "alice", "--yes"];
    let output = workplace.run(&disable);
    let told = String::from_utf8(output.stderr).unwrap();
    let expected = "alice had only begun to set it up; that is deleted.";
    assert!(output.status.success() && told.contains(expected), "{told}");
    let again = workplace.fails(1, &disable);
    assert!(again.contains("is not enabled for this user"), "{again}");
}

#[test]
fn a_backup_brings_the_second_factor_back_with_the_key() {
    let workplace = Workplace::furnished();
    let mut running = start(&workplace, "log");
    let (secret, token) = turned_on(&workplace, &running);
    running.stop();
    let key = workplace.path().join("keys/encryption.key");
    let kept = fs::read_to_string(&key).unwrap();
    fs::write(workplace.path().join("passphrase"), "four words and more\n").unwrap();
    let passphrase = ["--passphrase-file", "passphrase"];
    workplace.ok(&[&["backup", "b.age", "--with-keys"][..], &passphrase].concat());

    let other = Workplace::empty();
    for name in ["b.age", "passphrase"] {
        fs::copy(workplace.path().join(name), other.path().join(name)).unwrap();
    }
    other.ok(&[&["restore", "b.age"][..], &passphrase].concat());
    let restored = other.path().join("keys/encryption.key");
    assert_eq!(fs::read_to_string(restored).unwrap(), kept);
    let again = start(&other, "log");
    assert_eq!(
        other.json(&["user", "show", "alice"])["two_factor_enabled"],
        true
    );
    // The code of the next step, because that of this one may be used.
    let code = shown(&secret, now() + Duration::seconds(30));
    let off = format!("DELETE /api/v4/user/two_factor?code={code}");
    let reply = call(&again, &off, &token);
    assert!(reply.starts_with("HTTP/1.1 204"), "{reply}");
}

#[test]
fn a_start_without_the_key_warns_and_makes_none() {
    let workplace = Workplace::furnished();
    let mut running = start(&workplace, "log");
    turned_on(&workplace, &running);
    running.stop();
    let key = workplace.path().join("keys/encryption.key");
    fs::remove_file(&key).unwrap();
    let mut running = start(&workplace, "log");
    running.stop();
    let log = fs::read_to_string(workplace.path().join("log")).unwrap();
    assert!(log.contains("is gone, and secrets are stored"), "{log}");
    assert!(
        log.contains("wharfinger user two-factor disable NAME"),
        "{log}"
    );
    assert!(!key.exists());
}
