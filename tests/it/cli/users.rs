//! Users, groups, projects, members and tokens.

use super::{Workplace, stderr};

fn furnished() -> Workplace {
    let workplace = Workplace::migrated();
    workplace.ok(&["user", "create", "Alice", "--email", "A@Example.com"]);
    workplace.ok(&["group", "create", "team"]);
    workplace.ok(&["project", "create", "team/app", "--visibility", "internal"]);
    workplace.ok(&[
        "member",
        "add",
        "team",
        "alice",
        "--level",
        "Developer",
        "--expires-at",
        "2099-01-01",
    ]);
    workplace
}

#[test]
fn lists_are_lines_with_tabs_or_json_arrays() {
    let workplace = furnished();
    assert_eq!(
        workplace.ok(&["user", "list"]),
        "alice\tactive\ta@example.com\tuser\n"
    );
    assert_eq!(workplace.ok(&["group", "list"]), "team\tprivate\n");
    assert_eq!(workplace.ok(&["project", "list"]), "team/app\tinternal\n");
    assert_eq!(
        workplace.ok(&["member", "list", "team"]),
        "alice\tdeveloper\t2099-01-01\n"
    );
    assert_eq!(workplace.json(&["user", "list"])[0]["username"], "alice");
    assert_eq!(workplace.json(&["group", "list"])[0]["full_path"], "team");
    assert_eq!(
        workplace.json(&["project", "list"])[0]["path_with_namespace"],
        "team/app"
    );
    assert_eq!(
        workplace.json(&["member", "list", "team"])[0]["access_level"],
        30
    );
    assert_eq!(workplace.json(&["token", "list"]), serde_json::json!([]));
}

#[test]
fn a_token_is_printed_once_and_alone() {
    let workplace = furnished();
    let create = [
        "token",
        "create",
        "--user",
        "alice",
        "--name",
        "ci",
        "--scope",
        "read_registry",
        "--scope",
        "write_registry",
    ];
    let printed = workplace.ok(&[
        &create[..],
        &["--expires-at", "2099-12-31", "--repository", "team/*"],
    ]
    .concat());
    let secret = printed.trim_end();
    assert!(secret.starts_with("whf_pat_") && secret.len() == 54 && printed.lines().count() == 1);
    let listed = workplace.ok(&["token", "list", "--user", "alice"]);
    assert_eq!(
        listed,
        "1\tci\tactive\tread_registry write_registry\t2099-12-31\tteam/*\n"
    );
    let shown = workplace.json(&["token", "show", "1"]);
    assert_eq!(
        shown["scopes"],
        serde_json::json!(["read_registry", "write_registry"])
    );
    assert_eq!(shown["expires_at"], "2099-12-31");
    assert!(shown.get("token").is_none());
    let created = workplace.json(&create);
    assert!(created["token"].as_str().unwrap().starts_with("whf_pat_"));
    assert_eq!(created["id"], 2);
    let database = std::fs::read(workplace.path().join("data/wharfinger.db")).unwrap();
    let wal = std::fs::read(workplace.path().join("data/wharfinger.db-wal")).unwrap_or_default();
    for file in [database, wal] {
        assert!(
            !file
                .windows(secret.len())
                .any(|window| window == secret.as_bytes()),
            "only a digest is stored"
        );
    }
}

#[test]
fn nothing_is_destroyed_without_a_yes() {
    let workplace = furnished();
    workplace.ok(&[
        "token", "create", "--user", "alice", "--name", "ci", "--scope", "api",
    ]);
    for arguments in [
        &["token", "revoke", "1"][..],
        &["user", "block", "alice"],
        &["member", "remove", "team", "alice"],
        &["project", "delete", "team/app"],
        &["group", "delete", "team"],
    ] {
        let told = workplace.fails(1, arguments);
        assert!(
            told.contains("There is nobody to ask; say --yes to do it"),
            "{told}"
        );
        workplace.ok(&[arguments, &["--yes"]].concat());
        if arguments[0] == "token" {
            assert_eq!(workplace.json(&["token", "show", "1"])["revoked"], true);
        }
    }
    assert_eq!(workplace.ok(&["group", "list"]), "");
    assert_eq!(
        workplace.ok(&["user", "list"]),
        "alice\tblocked\ta@example.com\tuser\n"
    );
    workplace.ok(&["user", "unblock", "alice"]);
    assert_eq!(
        workplace.json(&["user", "show", "alice"])["state"],
        "active"
    );
}

#[test]
fn deleting_a_group_says_first_what_goes_with_it() {
    let workplace = furnished();
    let output = workplace.run(&["group", "delete", "team", "--yes"]);
    assert_eq!(
        stderr(&output),
        "This deletes, with all memberships and deploy tokens:\n  group team\n  project team/app\nDelete?\n"
            .replace("Delete?\n", "")
    );
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "team\tprivate\nteam/app\tinternal\n"
    );
    let told = workplace.fails(1, &["user", "create", "team"]);
    assert!(
        told.contains("`team` is taken"),
        "the name stays taken: {told}"
    );
}

#[test]
fn passwords_come_from_a_pipe_and_are_at_least_eight_characters() {
    let workplace = Workplace::migrated();
    let create = ["user", "create", "bob", "--password-stdin"];
    let output = workplace
        .command(&create)
        .write_stdin("short\n")
        .output()
        .unwrap();
    assert_eq!(
        stderr(&output),
        "error: a password has at least 8 characters\n"
    );
    // A login with it could not be told from garbage (RFC 7617).
    let output = workplace
        .command(&create)
        .write_stdin("long\tenough\n")
        .output()
        .unwrap();
    assert_eq!(
        stderr(&output),
        "error: a password has no tabs or other control characters: no client can log in with them\n"
    );
    assert!(
        workplace
            .command(&create)
            .write_stdin("long enough\n")
            .output()
            .unwrap()
            .status
            .success()
    );
    let reset = workplace
        .command(&["user", "reset-password", "bob", "--password-stdin"])
        .write_stdin("another one")
        .output();
    assert!(reset.unwrap().status.success());
    let told = workplace.fails(1, &["user", "reset-password", "bob"]);
    assert!(told.contains("--password-stdin"), "{told}");
}

#[test]
fn a_decision_is_explained() {
    let workplace = furnished();
    let explain = [
        "explain",
        "--user",
        "alice",
        "--scope",
        "repository:team/app/x:push,delete",
    ];
    assert_eq!(
        workplace.ok(&explain),
        "denied\trepository:team/app/x:delete\tneeds the role maintainer or higher\tbelongs to team/app, which is internal\n\
         granted\trepository:team/app/x:push\tthe role developer in team suffices\tbelongs to team/app, which is internal\n"
    );
    assert_eq!(workplace.json(&explain)["actions"][1]["granted"], true);
    let told = workplace.fails(1, &["explain", "--user", "alice", "--scope", "junk"]);
    assert!(told.contains("write TYPE:NAME:ACTIONS"), "{told}");
}

#[test]
fn the_last_administrator_cannot_be_blocked() {
    let workplace = Workplace::migrated();
    workplace.ok(&["user", "create", "root", "--admin"]);
    let told = workplace.fails(1, &["user", "block", "root", "--yes"]);
    assert_eq!(told, "error: the last administrator cannot be blocked\n");
    workplace.ok(&["user", "create", "other", "--admin"]);
    workplace.ok(&["user", "block", "root", "--yes"]);
}

#[test]
fn commands_that_need_no_configuration_work_without_one() {
    let workplace = Workplace::empty();
    assert_eq!(
        workplace.ok(&["version"]),
        format!("{}\n", env!("CARGO_PKG_VERSION"))
    );
    assert!(
        workplace
            .ok(&["completions", "bash"])
            .contains("_wharfinger()")
    );
    assert!(
        workplace
            .ok(&["--help"])
            .contains("wharfinger [OPTIONS] [COMMAND]")
    );
    assert_eq!(
        workplace.ok(&["registry", "list"]),
        "container_registry\tcertificate\t5m\t15m\n"
    );
}

#[test]
fn deleting_a_user_says_first_what_goes_with_them() {
    let workplace = furnished();
    workplace.ok(&["project", "create", "alice/tool"]);
    workplace.ok(&[
        "token", "create", "--user", "alice", "--name", "ci", "--scope", "api",
    ]);
    let says = "This deletes:\n  user alice\n  user namespace alice\n  project alice/tool\n  \
                personal access token 1 (ci)\n  the role developer in team\n";
    let told = workplace.fails(1, &["user", "delete", "alice"]);
    assert_eq!(
        told,
        format!("{says}error: Delete? There is nobody to ask; say --yes to do it\n")
    );
    assert_eq!(workplace.json(&["user", "show", "alice"])["id"], 1);
    let output = workplace.run(&["user", "delete", "alice", "--yes"]);
    assert_eq!(stderr(&output), says);
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "alice\tactive\ta@example.com\tuser\n"
    );
    assert_eq!(workplace.ok(&["user", "list"]), "");
    assert_eq!(workplace.ok(&["project", "list"]), "team/app\tinternal\n");
    assert_eq!(workplace.ok(&["member", "list", "team"]), "");
    assert_eq!(workplace.ok(&["token", "list"]), "");
    workplace.ok(&["user", "create", "alice"]);
    assert_eq!(
        workplace.ok(&["token", "list"]),
        "",
        "made anew, with nothing of before"
    );
}

#[test]
fn what_was_chosen_can_be_changed() {
    let workplace = furnished();
    let user = [
        "user",
        "change",
        "alice",
        "--name",
        "Alice A.",
        "--email",
        "B@example.com",
    ];
    workplace.ok(&[&user[..], &["--external", "true"]].concat());
    let alice = workplace.json(&["user", "show", "alice"]);
    assert_eq!(
        (&alice["name"], &alice["email"], &alice["external"]),
        (&"Alice A.".into(), &"b@example.com".into(), &true.into())
    );
    let alice = workplace.json(&["user", "change", "alice", "--no-email", "--external=false"]);
    assert_eq!(
        (&alice["email"], &alice["external"], &alice["name"]),
        (&serde_json::Value::Null, &false.into(), &"Alice A.".into())
    );

    workplace.ok(&["group", "change", "team", "--name", "The Team"]);
    workplace.ok(&["project", "change", "team/app", "--description", "It runs"]);
    let app = workplace.json(&["project", "show", "team/app"]);
    assert_eq!(
        (&app["name_with_namespace"], &app["description"]),
        (&"The Team / app".into(), &"It runs".into())
    );
    let app = workplace.json(&["project", "change", "team/app", "--description", ""]);
    assert_eq!(app["description"], serde_json::Value::Null);

    let change = ["member", "change", "team", "alice"];
    let level = workplace.ok(&[&change[..], &["--level", "owner"]].concat());
    assert_eq!(level, "alice\towner\t2099-01-01\n");
    let endless = workplace.ok(&[&change[..], &["--endless"]].concat());
    assert_eq!(endless, "alice\towner\t-\n");
    assert_eq!(workplace.ok(&["member", "list", "team/app"]), "");
    let all = ["member", "list", "team/app", "--all"];
    assert_eq!(workplace.ok(&all), "alice\towner\t-\n");
}

#[test]
fn the_last_administrator_is_not_deleted_or_demoted() {
    let workplace = Workplace::migrated();
    workplace.ok(&["user", "create", "root", "--admin"]);
    let told = workplace.fails(1, &["user", "change", "root", "--admin", "false"]);
    assert_eq!(told, "error: the last administrator cannot be demoted\n");
    let told = workplace.fails(1, &["user", "delete", "root", "--yes"]);
    assert!(
        told.ends_with("error: the last administrator cannot be removed\n"),
        "{told}"
    );
}
