//! `id_after` and `id_before`, which leave entries out of every list that takes them.

use std::collections::BTreeSet;

use serde_json::Value;
use wharfinger::domain::namespaces::visibility::Visibility;

use serde_json::json;

use super::operations::{Operation, Others, description, operations};
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

/// The operations that take `id_after` and, or not, `id_before`.
async fn lists_of(app: &TestApp, takes_both: bool) -> Vec<Operation> {
    let description: Value = description(app).await;
    let mut lists = operations(app).await;
    lists.retain(|operation| {
        let (names, _) = operation.parameters(&description);
        let takes = |wanted: &str| names.iter().any(|name| name == wanted);
        takes("id_after") && takes("id_before") == takes_both
    });
    lists
}

#[tokio::test]
async fn no_other_list_takes_both() {
    let app = TestApp::start().await;
    let taking = lists_of(&app, true).await;
    let taking: BTreeSet<_> = taking.iter().map(Operation::below_api).collect();
    assert_eq!(taking, LISTS.into());
}

#[tokio::test]
async fn lists_that_go_upwards_only_say_so() {
    let app = TestApp::start().await;
    app.administrator("root").await;
    app.project("team/app", Visibility::Private).await;
    let root = app.actor("root", "api").await;
    let ids = Others {
        user: app.id_of("root").await,
        token: root.token_id.0,
        group: app.id_at("team").await,
        project: app.id_at("team/app").await,
    };
    let lists = lists_of(&app, false).await;
    assert_eq!(lists.len(), 13, "{lists:?}");
    let before = r#"400 {"error":"id_before is not for this list, which goes upwards: follow it with pagination=keyset and id_after"}"#;
    let sort = r#"400 {"error":"pagination=keyset goes without sort: its order is that of ids"}"#;
    let order = r#"400 {"error":"pagination=keyset goes with order_by=id only"}"#;
    let keyset = |name: &str, value: &str| json!({ "pagination": "keyset", name: value });
    for list in &lists {
        let told = async |query: Value| list.call_with(&root, &ids, query).await.told();
        for (query, expected) in [
            (json!({ "id_before": 7 }), before),
            (json!({ "id_before": 7, "page": 2 }), before),
            (keyset("id_before", "7"), before),
            (keyset("sort", "desc"), sort),
            (keyset("sort", "name_asc"), sort),
            (keyset("order_by", "name"), order),
        ] {
            assert_eq!(told(query.clone()).await, expected, "{list:?} {query}");
        }
        let plain = told(json!({ "pagination": "keyset" })).await;
        assert!(plain.starts_with("200 "), "{list:?} {plain}");
        for query in [
            json!({ "pagination": "keyset", "sort": "asc", "order_by": "id", "id_before": "" }),
            json!({ "pagination": "keyset", "sort": " ", "order_by": "", "id_before": " " }),
        ] {
            assert_eq!(told(query.clone()).await, plain, "{list:?} {query}");
        }
    }
}
