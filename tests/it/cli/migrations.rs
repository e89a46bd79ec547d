//! The state of the schema, without a change of it.

use std::fs;

use sea_orm::{ConnectionTrait, Database};
use serde_json::{Value, json};

use super::{Workplace, stderr};

/// The exit status, standard output as JSON, and standard error.
fn status(workplace: &Workplace) -> (Option<i32>, Value, String) {
    let output = workplace.run(&["migrate", "status", "--json"]);
    let told = serde_json::from_slice(&output.stdout).unwrap();
    (output.status.code(), told, stderr(&output))
}

async fn execute(workplace: &Workplace, statement: &str) {
    let path = workplace.path().join("data/wharfinger.db");
    let db = Database::connect(format!("sqlite://{}", path.display())).await;
    let db = db.unwrap();
    db.execute_unprepared(statement).await.unwrap();
    db.close().await.unwrap();
}

/// The names of the migrations in that state.
fn in_state(told: &Value, state: &str) -> Vec<String> {
    let all = told["migrations"].as_array().unwrap().iter();
    let found = all.filter(|migration| migration["state"] == state);
    let name = |migration: &Value| migration["name"].as_str().unwrap().to_owned();
    found.map(name).collect()
}

#[test]
fn the_state_of_the_schema_is_told_and_nothing_is_changed() {
    let workplace = Workplace::empty();
    let (code, told, said) = status(&workplace);
    let all = in_state(&told, "pending");
    assert_eq!(
        (code, &told["status"], &told["can_serve"]),
        (Some(1), &json!("no schema"), &json!(false))
    );
    assert!(
        all.len() > 30 && all.first().is_some_and(|name| name == "m01_users"),
        "{all:?}"
    );
    assert!(
        said.contains(
            "yet; start the server or run `wharfinger migrate`, or fill it from a backup with `wharfinger restore`"
        ),
        "{said}"
    );
    assert!(!workplace.path().join("data").exists(), "nothing is made");

    workplace.ok(&["migrate"]);
    let (code, told, said) = status(&workplace);
    assert_eq!(
        (code, &told["status"], said.as_str()),
        (Some(0), &json!("up to date"), "")
    );
    assert_eq!(told["can_serve"], true);
    assert_eq!(in_state(&told, "applied"), all);
}

#[tokio::test]
async fn the_schema_of_an_older_and_of_a_newer_program_is_told() {
    let workplace = Workplace::migrated();
    workplace.ok(&["user", "create", "alice"]);
    let all = in_state(&status(&workplace).1, "applied");
    let last = all.last().unwrap();
    execute(
        &workplace,
        &format!("DELETE FROM seaql_migrations WHERE version = '{last}'"),
    )
    .await;
    for _ in 0..2 {
        let (code, told, said) = status(&workplace);
        assert_eq!((code, &told["status"]), (Some(1), &json!("older")));
        assert_eq!(
            in_state(&told, "pending"),
            [last.as_str()],
            "it stays pending"
        );
        assert!(
            said.contains(
                "is older than this program; start the server or run `wharfinger migrate`, also if that was cut off before"
            ),
            "{said}"
        );
    }
    workplace.ok(&["migrate"]);
    execute(
        &workplace,
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m99_later', 0)",
    )
    .await;
    let (code, told, said) = status(&workplace);
    assert_eq!((code, &told["status"]), (Some(1), &json!("newer")));
    assert_eq!(in_state(&told, "unknown"), ["m99_later"]);
    assert_eq!(in_state(&told, "applied"), all);
    assert!(
        said.contains("is newer than this program; run the version that made it, or a later one"),
        "{said}"
    );
}

/// A migration or a restoration was cut off when the schema was made, and names were still to be indexed.
#[tokio::test]
async fn an_index_of_searches_that_is_not_finished_is_told() {
    let workplace = Workplace::migrated();
    workplace.ok(&["user", "create", "alice"]);
    assert_eq!(status(&workplace).0, Some(0));
    execute(&workplace, "UPDATE users SET folded = NULL").await;
    let (code, told, said) = status(&workplace);
    assert_eq!(
        (code, &told["status"], &told["can_serve"]),
        (Some(1), &json!("older"), &json!(false))
    );
    assert!(said.contains("run `wharfinger migrate`"), "{said}");
    workplace.ok(&["migrate"]);
    assert_eq!(status(&workplace).0, Some(0));
}

/// A start that was cut off before there was anything: a server keeps the tables that were made.
#[tokio::test]
async fn a_schema_that_is_not_finished_is_told_with_the_ways_to_go_on() {
    let workplace = Workplace::migrated();
    let (code, told, _) = status(&workplace);
    assert_eq!((code, &told["empty"]), (Some(0), &json!(true)));
    execute(
        &workplace,
        "DELETE FROM seaql_migrations WHERE version > 'm1'",
    )
    .await;
    let (code, told, said) = status(&workplace);
    assert_eq!(
        (code, &told["status"], &told["empty"]),
        (Some(1), &json!("older"), &json!(true))
    );
    assert!(
        said.contains(
            "is not finished, and nothing is in it: `wharfinger restore`, `wharfinger migrate` or a start of the server was cut \
             off, or is under way. Run the same again, and it goes on; else start the server or run `wharfinger migrate`"
        ),
        "{said}"
    );
    workplace.ok(&["migrate"]);
    assert_eq!(status(&workplace).0, Some(0));
    workplace.ok(&["user", "create", "alice"]);
    assert_eq!(status(&workplace).1["empty"], false);
}

#[test]
fn the_state_of_each_migration_is_a_line() {
    let workplace = Workplace::migrated();
    let output = workplace.run(&["migrate", "status"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "m01_users\tapplied");
    assert!(
        lines.iter().all(|line| line.ends_with("\tapplied")),
        "{text}"
    );
    let place = workplace.path().join("data/wharfinger.db");
    let told = format!(
        "The schema of the database {} is up to date. Nothing is in it yet: start the server, or fill it from a backup with \
         `wharfinger restore`.\n",
        place.display()
    );
    assert_eq!(String::from_utf8(output.stderr).unwrap(), told);
    // A file that is something else is an error, and no list.
    fs::write(&place, "x".repeat(5000)).unwrap();
    let told = workplace.fails(1, &["migrate", "status"]);
    assert!(told.contains("file is not a database"), "{told}");
}
