//! `id_after` and `id_before`, which leave entries out of every list that takes them.

use std::collections::BTreeSet;

use serde_json::Value;
use wharfinger::domain::namespaces::visibility::Visibility;

use super::operations::{description, operations};
use crate::harness::{Actor, TestApp};
use crate::notices::{make, webhook_at};

/// The lists that take both, of the groups and the user of the stage.
const LISTS: [&str; 11] = [
    "/users",
    "/groups",
    "/projects",
    "/groups/{id}/subgroups",
    "/groups/{id}/descendant_groups",
    "/groups/{id}/projects",
    "/users/{id}/projects",
    "/groups/{id}/audit_events",
    "/projects/{id}/audit_events",
    "/audit_events",
    "/notices",
];

/// A service with some entries in each list.
async fn start() -> (TestApp, Actor) {
    let app = Box::pin(TestApp::start_with(&webhook_at("http://127.0.0.1:9/"))).await;
    app.administrator("root").await;
    app.user("alice").await;
    app.user("bob").await;
    make(&app).await;
    for path in [
        "team/one",
        "team/two",
        "team/three",
        "alice/one",
        "alice/two",
        "alice/three",
    ] {
        app.project(path, Visibility::Private).await;
    }
    for path in ["team/below", "team/beside", "team/last"] {
        app.group(path, Visibility::Private).await;
    }
    for level in ["guest", "reporter", "owner"] {
        app.member("team/one", "alice", level).await;
        let token = app.actor("alice", "read_registry").await;
        app.revoke(&token).await;
    }
    make(&app).await;
    let root = app.actor("root", "api").await;
    (app, root)
}

async fn ids(caller: &Actor, path: &str) -> BTreeSet<i64> {
    let list = caller.read(path).await;
    let entries = list.as_array().unwrap().iter();
    entries.map(|entry| entry["id"].as_i64().unwrap()).collect()
}

/// Reads a list in one direction, as pages or by keyset, with bounds around each of its entries.
async fn check(caller: &Actor, list: &str, way: &str) {
    let all = ids(caller, &format!("{list}?{way}")).await;
    assert!(all.len() > 2, "{list} has too few entries: {all:?}");
    for id in &all {
        let above: BTreeSet<i64> = all.iter().copied().filter(|other| other > id).collect();
        let below: BTreeSet<i64> = all.iter().copied().filter(|other| other < id).collect();
        let after = format!("{list}?{way}&id_after={id}");
        assert_eq!(ids(caller, &after).await, above, "{after}");
        let before = format!("{list}?{way}&id_before={id}");
        assert_eq!(ids(caller, &before).await, below, "{before}");
    }
    for beyond in ["id_after=9223372036854775807", "id_before=0"] {
        let path = format!("{list}?{way}&{beyond}");
        assert_eq!(ids(caller, &path).await, BTreeSet::new(), "{path}");
    }
    for all_of_it in ["id_after=0", "id_before=9223372036854775807"] {
        let path = format!("{list}?{way}&{all_of_it}");
        assert_eq!(ids(caller, &path).await, all, "{path}");
    }
    let (lowest, highest) = (all.first().unwrap(), all.last().unwrap());
    let inner = all
        .iter()
        .copied()
        .filter(|id| id != lowest && id != highest);
    let between = format!("{list}?{way}&id_after={lowest}&id_before={highest}");
    assert_eq!(ids(caller, &between).await, inner.collect(), "{between}");
}

#[tokio::test]
async fn ids_limit_every_list_that_takes_them() {
    let (app, root) = start().await;
    for list in LISTS {
        let id = match list {
            "/projects/{id}/audit_events" => app.id_at("team/one").await,
            "/users/{id}/projects" => app.id_of("alice").await,
            _ => app.id_at("team").await,
        };
        let list = list.replace("{id}", &id.to_string());
        for sort in ["asc", "desc"] {
            check(&root, &list, &format!("per_page=100&sort={sort}")).await;
            let keyset = format!("pagination=keyset&order_by=id&per_page=100&sort={sort}");
            check(&root, &list, &keyset).await;
        }
    }
}

#[tokio::test]
async fn no_other_list_takes_both() {
    let app = TestApp::start().await;
    let description: Value = description(&app).await;
    let mut taking = BTreeSet::new();
    for operation in operations(&app).await {
        let (names, _) = operation.parameters(&description);
        if names.iter().any(|name| name == "id_before") {
            taking.insert(operation.below_api().to_owned());
        }
    }
    assert_eq!(taking, LISTS.map(str::to_owned).into());
}
