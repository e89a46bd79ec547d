//! What clients hold that logged in by password.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Workplace;
use super::running::{start, within};

#[test]
fn a_refresh_token_is_listed_and_revoked_and_then_listed_as_revoked() {
    let workplace = Workplace::empty();
    let running = start(&workplace, "log");
    let created = workplace
        .command(&["user", "create", "alice", "--password-stdin"])
        .write_stdin("long enough\n")
        .output()
        .unwrap();
    assert!(created.status.success());
    let login = format!(
        "authorization: Basic {}\r\n",
        STANDARD.encode("alice:long enough")
    );
    let asked = "/jwt/auth?client_id=docker&offline_token=true&service=container_registry";
    let reply = running.get_with(asked, &login);
    let (_, rest) = reply.split_once("\"refresh_token\":\"").unwrap();
    let secret = rest.split('"').next().unwrap();
    let works = || {
        let header = format!(
            "authorization: Basic {}\r\n",
            STANDARD.encode(format!(":{secret}"))
        );
        let reply = running.get_with("/jwt/auth?service=container_registry", &header);
        reply.starts_with("HTTP/1.1 200")
    };
    let listed = || workplace.ok(&["refresh-token", "list", "alice", "--all"]);
    assert!(
        listed().starts_with("1\talice\tactive\tcontainer_registry\tdocker\t"),
        "{}",
        listed()
    );
    assert!(works());
    workplace.ok(&["refresh-token", "revoke", "1", "--yes"]);
    // Another process follows a change of the command line within a second.
    within(Duration::from_secs(1), "it is refused", || !works());
    assert!(
        listed().starts_with("1\talice\trevoked\tcontainer_registry\tdocker\t"),
        "{}",
        listed()
    );
    assert!(!listed().contains(secret) && listed().ends_with("Z\n"));
    assert_eq!(workplace.ok(&["refresh-token", "list"]), "", "it is dead");
    let again = workplace.run(&["refresh-token", "revoke", "1"]);
    assert_eq!(
        super::stderr(&again),
        "Refresh token 1 was already revoked.\n"
    );
    let revoked = workplace.json(&["refresh-token", "revoke", "1"]);
    assert_eq!(
        (&revoked["id"], &revoked["revoked"]),
        (&1.into(), &true.into())
    );
    assert_eq!(
        workplace.ok(&["refresh-token", "list", "--user", "admin"]),
        ""
    );
    let said = workplace.fails(1, &["refresh-token", "revoke", "77", "--yes"]);
    assert!(said.contains("there is no refresh token `77`"), "{said}");
}
