//! The audit log on the command line.

use serde_json::Value;

use super::Workplace;

/// A column of a list's lines, with spaces between them.
fn column(text: &str, number: usize) -> String {
    let lines = text.lines();
    let cells = lines.map(|line| line.split('\t').nth(number).unwrap());
    cells.collect::<Vec<_>>().join(" ")
}

#[test]
fn events_are_listed_newest_first_and_filtered() {
    let workplace = Workplace::furnished();
    let actions = |arguments: &[&str]| {
        let listed = workplace.ok(&[&["audit", "list"], arguments].concat());
        column(&listed, 3)
    };
    let all = "member.added project.created group.created user.created";
    assert_eq!(actions(&[]), all);
    assert_eq!(actions(&["--author", "(operator)"]), all);
    for (arguments, found) in [
        (&["--entity", "alice"][..], "user.created"),
        (
            &["--entity", "team"],
            "member.added project.created group.created",
        ),
        (&["--entity", "team/app"], "project.created"),
        (&["--action", "group.created"], "group.created"),
        (&["--entity", "team/app", "--action", "group.created"], ""),
        (&["--author", "alice"], ""),
        (&["--since", "2099-01-01"], ""),
        (&["--until", "2020-01-01T00:00:00Z"], ""),
        (
            &[
                "--since",
                "2020-01-01",
                "--until",
                "2099-01-01",
                "--entity",
                "alice",
            ],
            "user.created",
        ),
    ] {
        assert_eq!(actions(arguments), found, "{arguments:?}");
    }
    let listed = workplace.ok(&["audit", "list", "--entity", "team/app"]);
    let row: Vec<&str> = listed.trim_end().split('\t').collect();
    assert_eq!(
        (row[0], &row[2..]),
        (
            "3",
            &["(operator)", "project.created", "team/app", "-", "internal"][..]
        )
    );
    let told = workplace.fails(1, &["audit", "list", "--entity", "nobody"]);
    assert!(
        told.contains("there is no user, group or project `nobody`"),
        "{told}"
    );
    let told = workplace.fails(2, &["audit", "list", "--action", "user.create"]);
    assert!(
        told.contains("it is no kind of event; there are user.created,"),
        "{told}"
    );
    workplace.fails(2, &["audit", "list", "--since", "yesterday"]);
    assert_eq!(
        workplace.json(&["audit", "list", "--author", "alice"]),
        serde_json::json!([])
    );
}

#[test]
fn what_was_deleted_still_has_its_events() {
    let workplace = Workplace::furnished();
    workplace.ok(&[
        "token", "create", "--user", "alice", "--name", "x", "--scope", "api",
    ]);
    workplace.ok(&["group", "delete", "team", "--yes"]);
    workplace.ok(&["user", "delete", "alice", "--yes"]);
    let of = |name: &str| column(&workplace.ok(&["audit", "list", "--entity", name]), 3);
    let of_alice = "user.deleted access_token.created user.created";
    assert_eq!(of("alice"), of_alice);
    assert!(of("team").starts_with("group.deleted "), "{}", of("team"));
    assert!(of("team/app").ends_with("project.created"));
    // A group may be made where a user was.
    workplace.ok(&["group", "create", "alice"]);
    workplace.ok(&["project", "create", "alice/app"]);
    let of_both = format!("project.created group.created {of_alice}");
    assert_eq!(of("alice"), of_both);
}

#[test]
fn an_export_is_json_lines_oldest_first() {
    let workplace = Workplace::furnished();
    let exported = workplace.ok(&["audit", "export"]);
    let lines = exported
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let events: Vec<Value> = lines.collect();
    let names = events
        .iter()
        .map(|event| event["event_name"].as_str().unwrap());
    assert_eq!(
        names.collect::<Vec<_>>(),
        [
            "user.created",
            "group.created",
            "project.created",
            "member.added"
        ]
    );
    assert_eq!(events[0]["details"]["face"], "command_line");
    assert_eq!(events[0]["entity_type"], "User");
    // The list has the same in JSON, newest first.
    let mut listed = workplace.json(&["audit", "list"]);
    listed.as_array_mut().unwrap().reverse();
    assert_eq!(listed, Value::from(events));
    assert_eq!(workplace.ok(&["--json", "audit", "export"]), exported);
    assert_eq!(workplace.ok(&["audit", "export", "--author", "nobody"]), "");
}

#[tokio::test]
async fn long_logs_are_read_in_parts() {
    let (workplace, world) = super::long_lists::with_tokens(12_000).await;
    let exported = workplace.ok(&["audit", "export", "--action", "project.created"]);
    assert_eq!(
        u64::try_from(exported.lines().count()).unwrap(),
        world.projects
    );
    let listed = workplace.ok(&["audit", "list"]);
    let ids: Vec<i64> = listed
        .lines()
        .map(|line| line.split('\t').next().unwrap().parse().unwrap())
        .collect();
    assert!(ids.is_sorted_by(|one, next| one > next));
    assert_eq!(u64::try_from(ids.len()).unwrap(), 2 * world.projects);
}
