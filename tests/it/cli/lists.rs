//! Lists of tokens: the living, and the ones that are asked for.

use serde_json::json;

use super::{Workplace, stderr};

/// With one token of Alice's for each fate, and one of Bob's: 1 and 6 work, 2 ends soon, 3 is revoked, 4 was
/// replaced with a grace, by 5.
fn with_tokens() -> Workplace {
    let workplace = Workplace::migrated();
    workplace.ok(&["user", "create", "alice"]);
    workplace.ok(&["user", "create", "bob"]);
    let create = |user: &str, name: &str, more: &[&str]| {
        let arguments = [
            "token", "create", "--user", user, "--name", name, "--scope", "api",
        ];
        workplace.ok(&[&arguments[..], more].concat());
    };
    create("alice", "lasting", &[]);
    create("alice", "soon", &["--expires-in", "5d"]);
    create("alice", "revoked", &[]);
    create("alice", "replaced", &["--expires-at", "2099-01-01"]);
    workplace.ok(&["token", "revoke", "3", "--yes"]);
    let rotate = [
        "token",
        "rotate",
        "4",
        "--grace",
        "7d",
        "--expires-at",
        "2099-01-01",
    ];
    workplace.ok(&rotate);
    create("bob", "his", &[]);
    workplace
}

/// The ids of the tokens that a list has, with spaces between them.
fn ids(workplace: &Workplace, arguments: &[&str]) -> String {
    let listed = workplace.ok(&[&["token", "list"], arguments].concat());
    let ids = listed.lines().map(|line| line.split('\t').next().unwrap());
    ids.collect::<Vec<_>>().join(" ")
}

#[test]
fn dead_tokens_are_left_out_unless_they_are_asked_for() {
    let workplace = with_tokens();
    for (arguments, listed) in [
        (&[][..], "1 2 4 5 6"),
        (&["--all"], "1 2 3 4 5 6"),
        (&["--state", "revoked"], "3"),
        (&["--state", "grace"], "4"),
        (&["--state", "active"], "1 2 5 6"),
        (&["--state", "grace,revoked"], "3 4"),
        (&["--state", "expired"], ""),
        (&["alice"], "1 2 4 5"),
        (&["--user", "alice", "--all"], "1 2 3 4 5"),
        (&["bob"], "6"),
        (&["--expires-within", "14d"], "2 4"),
        (&["--expires-within", "36500d"], "2 4 5"),
        (&["--unused-for", "90d"], ""),
        (&["--expires-within", "1h"], ""),
    ] {
        assert_eq!(ids(&workplace, arguments), listed, "{arguments:?}");
    }
    let all = workplace.json(&["token", "list", "--all"]);
    assert_eq!(all.as_array().unwrap().len(), 6);
    let living = workplace.json(&["token", "list"]);
    assert_eq!(living.as_array().unwrap().len(), 5, "JSON, too");
    workplace.fails(2, &["token", "list", "--all", "--state", "active"]);
    workplace.fails(2, &["token", "list", "alice", "--user", "bob"]);
    workplace.fails(2, &["token", "list", "--unused-for", "ever"]);
}

#[test]
fn tokens_that_nobody_used_are_found() {
    let workplace = with_tokens();
    std::thread::sleep(std::time::Duration::from_millis(2100));
    assert_eq!(ids(&workplace, &["--unused-for", "1s", "bob"]), "6");
    assert_eq!(ids(&workplace, &["--unused-for", "1h", "bob"]), "");
}

#[test]
fn deploy_tokens_are_listed_in_the_same_way() {
    let workplace = Workplace::furnished();
    let create = [
        "deploy-token",
        "create",
        "team",
        "--name",
        "ci",
        "--scope",
        "read_registry",
    ];
    workplace.ok(&create);
    workplace.ok(&[&create[..], &["--expires-at", "2099-01-01"]].concat());
    workplace.ok(&["deploy-token", "revoke", "1", "--yes"]);
    let count = |arguments: &[&str]| {
        let listed = workplace.json(&[&["deploy-token", "list"], arguments].concat());
        listed.as_array().unwrap().len()
    };
    assert_eq!(count(&[]), 1);
    assert_eq!(count(&["--all"]), 2);
    assert_eq!(count(&["--state", "revoked"]), 1);
    assert_eq!(count(&["team", "--state", "revoked"]), 1);
    assert_eq!(count(&["team/app", "--all"]), 0);
    let told = workplace.fails(1, &["deploy-token", "list", "nowhere"]);
    assert!(
        told.contains("there is no group or project `nowhere`"),
        "{told}"
    );
    assert_eq!(count(&["--expires-within", "14d"]), 0);
    assert_eq!(count(&["--expires-within", "36500d"]), 1);
    let again = workplace.run(&["deploy-token", "revoke", "1"]);
    assert_eq!(stderr(&again), "Deploy token 1 (ci) was already revoked.\n");
}

#[test]
fn what_was_done_already_is_said_to_be() {
    let workplace = Workplace::furnished();
    let create = [
        "token", "create", "--user", "alice", "--name", "ci", "--scope", "api",
    ];
    workplace.ok(&create);
    let said = |arguments: &[&str]| {
        let output = workplace.run(arguments);
        assert!(output.status.success(), "{}", stderr(&output));
        stderr(&output)
    };
    let revoke = ["token", "revoke", "1", "--yes"];
    assert_eq!(said(&revoke), "Token 1 (ci) is revoked.\n");
    assert_eq!(said(&revoke), "Token 1 (ci) was already revoked.\n");
    assert_eq!(
        said(&revoke[..3]),
        "Token 1 (ci) was already revoked.\n",
        "and nothing asked"
    );
    let block = ["user", "block", "alice", "--yes"];
    assert_eq!(said(&block), "");
    assert_eq!(said(&block), "alice was already blocked.\n");
    let unblock = ["user", "unblock", "alice"];
    assert_eq!(said(&unblock), "");
    assert_eq!(said(&unblock), "alice was not blocked.\n");
}

#[test]
fn what_is_made_is_said_on_standard_error() {
    let workplace = Workplace::migrated();
    for (command, said) in [
        (
            "user create alice",
            "The user alice is made. They have no password: only tokens sign in.",
        ),
        (
            "group create team",
            "The group team is made; it is private.",
        ),
        (
            "project create team/app --visibility public",
            "The project team/app is made; it is public.",
        ),
        (
            "member add team alice --level developer --expires-at 2099-01-01",
            "alice is developer in team, until 2099-01-01.",
        ),
        (
            "token create --user alice --name ci --scope read_registry,write_registry --expires-at 2099-01-01",
            "Token 1 (ci) of alice is made: read_registry write_registry, until 2099-01-01.",
        ),
        (
            "deploy-token create team --name x --scope read_registry --expires-at 2099-01-01",
            "Deploy token 1 (x) of team is made, until 2099-01-01; log in as deploy-token-1.",
        ),
        (
            "member remove team alice --yes",
            "alice has no role in team any more.",
        ),
    ] {
        let arguments: Vec<&str> = command.split(' ').collect();
        let output = workplace.run(&arguments);
        assert_eq!(stderr(&output), format!("{said}\n"), "{command}");
        assert!(!output.stdout.is_empty(), "{command}");
    }
}

#[test]
fn adding_a_member_does_not_change_one() {
    let workplace = Workplace::furnished();
    let add = |level: &str, more: &[&str]| {
        let arguments = ["member", "add", "team", "alice", "--level", level];
        workplace.run(&[&arguments[..], more].concat())
    };
    for (level, more) in [
        ("reporter", &["--expires-at", "2099-01-01"][..]),
        ("owner", &["--expires-at", "2099-01-01"]),
        ("developer", &[]),
        ("developer", &["--expires-at", "2098-01-01"]),
    ] {
        let output = add(level, more);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(
            stderr(&output),
            "error: alice is developer in team already, until 2099-01-01; `wharfinger member change team alice` gives \
             another role or end\n"
        );
    }
    let same = add("developer", &["--expires-at", "2099-01-01"]);
    assert_eq!(stderr(&same), "alice was already developer in team.\n");
    assert!(same.status.success());
    let listed = workplace.json(&["member", "list", "team"]);
    assert_eq!(
        (&listed[0]["access_level"], &listed[0]["expires_at"]),
        (&json!(30), &json!("2099-01-01"))
    );
}

#[test]
fn an_end_that_has_come_is_refused() {
    let workplace = Workplace::furnished();
    let past = ["--expires-at", "2020-01-01"];
    let token = [
        "token", "create", "--user", "alice", "--name", "x", "--scope", "api",
    ];
    let deploy = [
        "deploy-token",
        "create",
        "team",
        "--name",
        "x",
        "--scope",
        "read_registry",
    ];
    workplace.ok(&["user", "create", "bob"]);
    workplace.ok(&token);
    for command in [
        &token[..],
        &["token", "rotate", "1"],
        &deploy,
        &["member", "add", "team", "bob", "--level", "guest"],
        &["member", "change", "team", "alice"],
    ] {
        assert_eq!(
            workplace.fails(1, &[command, &past].concat()),
            "error: 2020-01-01 has come already (an end is at 00:00 UTC); write a later date\n"
        );
    }
}
