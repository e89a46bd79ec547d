//! What the log says about a request besides who and how long.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::Workplace;
use super::running::{Running, start};

/// A running service with the user alice, a project that she may pull from, and one that is hidden from her.
fn started(workplace: &Workplace) -> Running {
    let running = start(workplace, "log");
    for command in [
        "user create alice",
        "group create team",
        "project create team/app",
        "project create team/secret",
        "member add team/app alice --level reporter",
    ] {
        workplace.ok(&command.split(' ').collect::<Vec<_>>());
    }
    running
}

fn token(workplace: &Workplace, scope: &str) -> String {
    let arguments = [
        "token", "create", "--user", "alice", "--name", "x", "--scope", scope,
    ];
    workplace.ok(&arguments).trim().to_owned()
}

fn basic(secret: &str) -> String {
    format!(
        "authorization: Basic {}\r\n",
        STANDARD.encode(format!("alice:{secret}"))
    )
}

/// The status and the body of a reply, and the note in the log line of its request.
fn asked(
    workplace: &Workplace,
    running: &Running,
    path: &str,
    headers: &str,
) -> (String, String, String) {
    let reply = running.get_with(path, headers);
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    let id = head
        .lines()
        .find_map(|line| line.strip_prefix("x-request-id: "))
        .unwrap();
    let log = std::fs::read_to_string(workplace.path().join("log")).unwrap();
    let line = log.lines().find(|line| line.contains(id)).unwrap();
    let line: Value = serde_json::from_str(line).unwrap();
    let note = line["note"].as_str().unwrap().to_owned();
    (line["http.status"].to_string(), body.to_owned(), note)
}

#[test]
fn the_log_refuses_in_the_words_of_the_reply() {
    let workplace = Workplace::empty();
    let running = started(&workplace);
    let token = token(&workplace, "read_registry");
    let scopes = "scope=repository:team/app:pull,push&scope=repository:team/secret:pull&scope=registry:catalog:*";
    for headers in [String::new(), basic(&token)] {
        let path = format!("/jwt/auth?service=container_registry&{scopes}");
        let (status, body, note) = asked(&workplace, &running, &path, &headers);
        assert_eq!(status, "200");
        let body: Value = serde_json::from_str(&body).unwrap();
        let denied = body["denied"].as_array().unwrap();
        assert!(denied.len() >= 3, "{body}");
        for denial in denied {
            let text = |name: &str| denial[name].as_str().unwrap();
            let words = format!(
                "denied {}:{}:{} ({})",
                text("type"),
                text("name"),
                text("action"),
                text("reason")
            );
            assert!(note.contains(&words), "{words} in {note}");
        }
    }
}

#[test]
fn the_log_knows_why_a_credential_was_refused_and_the_caller_does_not() {
    let workplace = Workplace::empty();
    let running = started(&workplace);
    let reader = token(&workplace, "read_registry");
    let revoked = token(&workplace, "api");
    workplace.ok(&["token", "revoke", "2", "--yes"]);
    let mut bodies = Vec::new();
    for (path, headers, cause) in [
        ("/jwt/auth", basic("wrong"), "the user has no password"),
        (
            "/jwt/auth",
            basic("whf_pat_cut"),
            "the token is mistyped or cut",
        ),
        ("/jwt/auth", basic(&revoked), "the token was revoked"),
        (
            "/jwt/auth",
            "authorization: Bearer x\r\n".to_owned(),
            "unreadable",
        ),
        (
            "/auth/verify",
            String::new(),
            "there is no token that can be read",
        ),
        (
            "/auth/verify",
            "authorization: Digest x\r\n".to_owned(),
            "there is no token that can be read",
        ),
        (
            "/auth/verify",
            "private-token: x\r\n".to_owned(),
            "the token is unknown",
        ),
        ("/auth/verify", basic(&revoked), "the token was revoked"),
        (
            "/auth/verify",
            basic(&reader),
            "none of the scopes that suffice",
        ),
    ] {
        let path = format!("{path}?service=container_registry");
        let (status, body, note) = asked(&workplace, &running, &path, &headers);
        assert_eq!(status, "401", "{path} {headers}");
        assert!(
            note.contains(cause),
            "{cause} in {note:?} of {path} {headers}"
        );
        bodies.push(body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    let (status, _, note) = asked(&workplace, &running, "/auth/verify?scope=everything", "");
    assert_eq!(status, "400");
    assert!(note.contains("`everything` is not a scope"), "{note}");
}
