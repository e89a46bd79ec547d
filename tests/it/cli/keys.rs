//! Keys and the certificate authority.

use std::time::Duration;

use serde_json::Value;

use super::Workplace;
use super::registry::started;
use super::running::{Running, start_with, within};

/// The header of the token that a service's clients get.
fn header_for(running: &Running, service: &str) -> Value {
    use base64::Engine;
    let reply = running.get(&format!("/jwt/auth?service={service}"));
    let (_, body) = reply.split_once("\r\n\r\n").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    let token = body["token"].as_str().unwrap();
    let header = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(token.split('.').next().unwrap())
        .unwrap();
    serde_json::from_slice(&header).unwrap()
}

/// Waits as long as `keys rotate` promises, and a little for a busy machine.
fn soon(what: &str, is_so: impl FnMut() -> bool) {
    within(Duration::from_secs(10), what, is_so);
}

#[test]
fn each_way_of_trust_has_its_token_and_its_rotation() {
    let workplace = Workplace::empty();
    let running = started(&workplace);
    let kid = |service: &str| {
        header_for(&running, service)["kid"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert!(header_for(&running, "distribution.example.com")["x5c"].is_array());
    assert_eq!(header_for(&running, "three.example.com").get("x5c"), None);
    assert_eq!(header_for(&running, "zot.example.com").get("x5c"), None);
    let (shared, own) = (kid("distribution.example.com"), kid("zot.example.com"));
    assert_eq!(kid("three.example.com"), shared);
    assert_ne!(own, shared);

    let said = workplace.fails(1, &["keys", "rotate", "--service", "three.example.com"]);
    assert!(
        said.contains("has no key of its own (its trust is jwks)"),
        "{said}"
    );
    let made = workplace.json(&["keys", "rotate"]);
    soon("the shared key signs", || {
        kid("distribution.example.com") == made["kid"]
    });
    assert_eq!(
        kid("three.example.com"),
        shared,
        "its registry has a day to be restarted"
    );
    assert_eq!(
        kid("zot.example.com"),
        own,
        "only its own rotation changes it"
    );

    let made = workplace.json(&["keys", "rotate", "--service", "zot.example.com"]);
    assert_eq!(made["service"], "zot.example.com");
    soon("the pinned key signs", || {
        kid("zot.example.com") == made["kid"]
    });
    let listed = workplace.json(&["keys", "jwks"]);
    let listed: Vec<_> = listed["keys"].as_array().unwrap().iter().collect();
    assert_eq!(listed.len(), 4, "every live key, in all modes");
}

#[test]
fn a_renewed_authority_is_published_beside_the_old_one() {
    let workplace = Workplace::empty();
    let _running = started(&workplace);
    let count = |text: &str| text.matches("BEGIN CERTIFICATE").count();
    assert_eq!(count(&workplace.ok(&["keys", "ca"])), 1);
    let renewed = workplace.json(&["keys", "ca", "renew"]);
    assert!(renewed["next"]["begins_at"].is_string(), "{renewed}");
    assert_eq!(count(&workplace.ok(&["keys", "ca"])), 2);
    let published = std::fs::read_to_string(workplace.path().join("keys/public/ca.crt")).unwrap();
    assert_eq!(count(&published), 2);
    let said = workplace.fails(1, &["keys", "ca", "renew"]);
    assert!(said.contains("is waiting already"), "{said}");
    soon("the log warns", || {
        let log = std::fs::read_to_string(workplace.path().join("serve.log")).unwrap();
        log.contains("a new certificate authority waits; bring public/ca.crt to every registry")
    });
}

#[test]
fn a_renewal_without_a_time_to_wait_does_not_blame_the_clock() {
    let workplace = Workplace::empty();
    let _running = start_with(&workplace, "log", "[keys]\nca_activation = \"0s\"\n");
    let output = workplace
        .command(&["keys", "ca", "renew"])
        .output()
        .unwrap();
    let told = super::stderr(&output);
    assert!(output.status.success() && told.contains("at work at once: bring"));
    assert!(!told.contains("clock"), "{told}");
}

#[test]
fn keys_that_come_faster_than_registries_are_restarted_are_warned_of() {
    let told = |more: &str| {
        let workplace = Workplace::empty();
        start_with(&workplace, "log", more).stop();
        let log = std::fs::read_to_string(workplace.path().join("log")).unwrap();
        log.contains("`keys.rotate_every` is not longer than `keys.jwks_activation`")
    };
    let fast = "[keys]\nrotate_every = \"24h\"\n";
    let jwks = "[[registry]]\ntrust = \"jwks\"\n";
    assert!(told(&format!("{fast}{jwks}")));
    assert!(
        !told(fast),
        "registries with the certificate notice nothing"
    );
    assert!(!told(&format!("[keys]\nrotate_every = \"25h\"\n{jwks}")));
}

#[test]
fn a_stop_does_not_wait_for_a_lock_that_another_process_keeps() {
    let workplace = Workplace::empty();
    let mut running = started(&workplace);
    let keys = workplace.path().join("keys");
    let lock = std::fs::File::options()
        .write(true)
        .open(keys.join(".lock"))
        .unwrap();
    lock.lock().unwrap();
    // A renewal that was cut short is to be cleared away, and that takes the lock.
    std::fs::write(keys.join("ca-next.key"), "").unwrap();
    std::thread::sleep(Duration::from_secs(3));
    running.signal("-TERM");
    soon("the service stops", || {
        running.child.try_wait().unwrap().is_some()
    });
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
    let log = std::fs::read_to_string(workplace.path().join("serve.log")).unwrap();
    assert!(!log.contains("cut off"), "{log}");
}
