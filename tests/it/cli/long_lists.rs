//! Lists that are longer than what is read at a time.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::made_up::fill::fill;
use crate::made_up::world::World;

use super::Workplace;

/// A workplace with that many tokens, a tenth as many projects, and so on.
pub(super) async fn with_tokens(tokens: u64) -> (Workplace, World) {
    let (workplace, world) = (Workplace::migrated(), World::with(tokens));
    let url = format!("sqlite://{}/data/wharfinger.db", workplace.path().display());
    fill(&url, &world).await.unwrap();
    (workplace, world)
}

/// A command whose output is read slowly.
fn started(workplace: &Workplace, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_wharfinger"))
        .current_dir(workplace.path())
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The first columns of a list's lines.
fn firsts(text: &str) -> Vec<&str> {
    let lines = text.lines();
    lines.map(|line| line.split('\t').next().unwrap()).collect()
}

/// Members of a list in JSON, by their name.
fn members(workplace: &Workplace, command: &[&str], name: &str) -> Vec<String> {
    let list = workplace.json(command);
    let entries = list.as_array().unwrap().iter();
    let member = |entry: &serde_json::Value| match &entry[name] {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    entries.map(member).collect()
}

#[tokio::test]
async fn every_list_has_every_entry_once_and_in_order() {
    let (workplace, world) = with_tokens(60_000).await;
    for (command, number, member) in [
        (&["token", "list"][..], world.tokens + 1, "id"),
        (&["token", "list", "user7"], 100, "id"),
        (&["user", "list"], world.users + 1, "username"),
        (&["group", "list"], world.groups, "full_path"),
        (&["project", "list"], world.projects, "path_with_namespace"),
        (&["deploy-token", "list"], world.users, "id"),
        (&["refresh-token", "list", "--all"], world.users, "id"),
    ] {
        let listed = workplace.ok(command);
        let listed = firsts(&listed);
        assert_eq!(
            listed.len(),
            usize::try_from(number).unwrap(),
            "{command:?}"
        );
        if member == "id" {
            let ids: Vec<i64> = listed.iter().map(|id| id.parse().unwrap()).collect();
            assert!(ids.is_sorted_by(|one, other| one < other), "{command:?}");
        } else {
            assert!(listed.is_sorted_by(|one, other| one < other), "{command:?}");
        }
        assert_eq!(members(&workplace, command, member), listed, "{command:?}");
    }
}

#[tokio::test]
async fn members_are_listed_in_parts_too() {
    let (workplace, world) = with_tokens(70_000).await;
    let rows = workplace.path().join("data/wharfinger.db");
    let rows = format!("sqlite://{}", rows.display());
    let all = sea_orm::Database::connect(rows).await.unwrap();
    let everyone = "INSERT INTO members (namespace_id, user_id, access_level, created_at) SELECT \
                    (SELECT id FROM namespaces WHERE path = 'group1'), id, 10, created_at FROM users \
                    WHERE id NOT IN (SELECT user_id FROM members WHERE namespace_id = \
                    (SELECT id FROM namespaces WHERE path = 'group1'))";
    sea_orm::ConnectionTrait::execute_unprepared(&all, everyone)
        .await
        .unwrap();
    let listed = workplace.ok(&["member", "list", "group1"]);
    let mut names = firsts(&listed);
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), usize::try_from(world.users + 1).unwrap());
}

#[tokio::test]
async fn what_is_listed_is_not_kept_in_memory() {
    let (workplace, _) = with_tokens(20_000).await;
    for arguments in [&["token", "list"][..], &["--json", "token", "list"]] {
        let mut list = started(&workplace, arguments);
        let mut lines = BufReader::with_capacity(512, list.stdout.take().unwrap());
        let mut first = [0; 2];
        lines.read_exact(&mut first).unwrap();
        // The pipe is full, and the rest is not read from the database yet: what goes now is not in the list.
        std::thread::sleep(Duration::from_millis(300));
        workplace.ok(&["token", "revoke", "20001", "--yes"]);
        let mut rest = String::new();
        lines.read_to_string(&mut rest).unwrap();
        assert!(list.wait().unwrap().success());
        assert!(
            rest.contains("token19999") && !rest.contains("token20000"),
            "{arguments:?}"
        );
        let rows = sea_orm::Database::connect(format!(
            "sqlite://{}/data/wharfinger.db",
            workplace.path().display()
        ));
        let again = "UPDATE personal_access_tokens SET revoked_at = NULL";
        let rows = rows.await.unwrap();
        sea_orm::ConnectionTrait::execute_unprepared(&rows, again)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_list_ends_when_its_reader_has_seen_enough() {
    let (workplace, _) = with_tokens(20_000).await;
    let mut list = started(&workplace, &["token", "list"]);
    let mut first = String::new();
    let mut lines = BufReader::new(list.stdout.take().unwrap());
    lines.read_line(&mut first).unwrap();
    assert!(
        first.starts_with("1\tseed-admin\tadmin\tactive\tapi\t"),
        "{first}"
    );
    drop(lines);
    let begin = Instant::now();
    assert!(list.wait().unwrap().success());
    assert!(begin.elapsed() < Duration::from_secs(2));
    let mut said = String::new();
    list.stderr.unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(said, "");
}

#[test]
fn an_empty_list_is_an_empty_array() {
    let workplace = Workplace::migrated();
    for noun in [
        "token",
        "user",
        "group",
        "project",
        "deploy-token",
        "refresh-token",
    ] {
        assert_eq!(workplace.ok(&["--json", noun, "list"]), "[]\n");
        assert_eq!(workplace.ok(&[noun, "list"]), "");
    }
}

#[tokio::test]
async fn a_deletion_of_a_user_with_very_many_tokens_names_the_first_of_them() {
    let (workplace, _) = with_tokens(1000).await;
    let told = workplace.fails(1, &["user", "delete", "user7"]);
    let named = told.matches("  personal access token ").count();
    assert_eq!(named, 50, "{told}");
    assert!(
        told.contains("\n  and 50 more personal access tokens\n"),
        "{told}"
    );
    assert!(told.contains("personal access tokens: 100,"), "{told}");
}
