//! The same for every noun: lists, changes, and a yes before anything is destroyed.

use super::Workplace;

#[test]
fn lists_are_lines_with_tabs_or_json_arrays() {
    let workplace = Workplace::furnished();
    assert_eq!(
        workplace.ok(&["user", "list"]),
        "alice\tactive\ta@example.com\tuser\tdisabled\n"
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
fn what_was_chosen_can_be_changed() {
    let workplace = Workplace::furnished();
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
fn nothing_is_destroyed_without_a_yes() {
    let workplace = Workplace::furnished();
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
        "alice\tblocked\ta@example.com\tuser\tdisabled\n"
    );
    workplace.ok(&["user", "unblock", "alice"]);
    assert_eq!(
        workplace.json(&["user", "show", "alice"])["state"],
        "active"
    );
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
