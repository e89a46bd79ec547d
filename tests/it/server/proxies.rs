//! Proxies that nobody has named.

use std::fs::File;

use crate::cli::Workplace;
use crate::cli::running::{send, spawn};

/// The lines of the log about a proxy, after requests through one to two listeners.
fn warnings(before: &str) -> Vec<String> {
    let workplace = Workplace::migrated();
    let log = File::create(workplace.path().join("log")).unwrap();
    let mut running = spawn(&workplace, before, log, "");
    assert!(running.becomes_ready());
    for _ in 0..3 {
        running.get_with("/livez", "x-forwarded-for: 203.0.113.7\r\n");
        running.get_with("/livez", "forwarded: for=203.0.113.7\r\n");
    }
    running.get("/livez");
    send(
        &running.admin,
        "GET /livez",
        "x-forwarded-for: 203.0.113.7\r\n",
    );
    running.stop();
    let log = std::fs::read_to_string(workplace.path().join("log")).unwrap();
    let lines = log.lines().filter(|line| line.contains("trusted_proxies"));
    lines.map(str::to_owned).collect()
}

#[test]
fn a_proxy_that_was_forgotten_is_told_once_for_each_listener() {
    let told = warnings("");
    assert_eq!(told.len(), 2, "{told:?}");
    for (line, listener) in told.iter().zip(["token", "admin"]) {
        let sentence = format!(
            "requests come to the {listener} listener through 127.0.0.1, which names other"
        );
        assert!(line.contains(&sentence), "{line}");
        assert!(!line.contains("203.0.113.7"), "{line}");
    }
}

#[test]
fn a_proxy_that_is_trusted_is_not_told() {
    let trust = "export WHARFINGER_TOKEN__TRUSTED_PROXIES=127.0.0.0/8 WHARFINGER_ADMIN__TRUSTED_PROXIES=127.0.0.1";
    assert_eq!(warnings(trust), Vec::<String>::new());
}
