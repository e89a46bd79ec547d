//! A caller who may not see a group or project learns nothing from what else is wrong: the answer is
//! the one to a namespace that is not there.

use serde_json::{Map, Value, json};
use wharfinger::domain::namespaces::visibility::Visibility;

use super::operations::{Operation, Others, description, operations};
use crate::harness::World;

const NOBODYS: i64 = 987_654_321;

/// Everything that the operation takes, unreadable.
fn unreadable(operation: &Operation, description: &Value) -> Value {
    let (names, _) = operation.parameters(description);
    let body = names.into_iter().map(|name| (name, json!({})));
    Value::from(body.collect::<Map<_, _>>())
}

#[tokio::test]
async fn a_hidden_namespace_answers_like_one_that_is_not_there() {
    let World { app, alice, .. } = World::start().await;
    app.project("team/app", Visibility::Private).await;
    let ids = |group, project| Others {
        user: 1,
        token: 1,
        group,
        project,
    };
    let hidden = ids(app.id_at("team").await, app.id_at("team/app").await);
    let missing = ids(NOBODYS, NOBODYS);
    let description = description(&app).await;
    let mut looked_at = 0;
    for operation in operations(&app).await {
        if !["/groups/{id}", "/projects/{id}"]
            .iter()
            .any(|below| operation.path.contains(below))
        {
            continue;
        }
        for body in [json!({}), unreadable(&operation, &description)] {
            let told = operation.call_with(&alice, &hidden, body.clone()).await;
            let expected = operation.call_with(&alice, &missing, body).await;
            assert_eq!(
                (told.status, &told.body),
                (expected.status, &expected.body),
                "{operation:?}"
            );
            assert_eq!(told.status, 404, "{operation:?} {}", told.body);
        }
        looked_at += 1;
    }
    assert!(looked_at > 25, "{looked_at}");
}

#[tokio::test]
async fn a_hidden_parent_answers_like_one_that_is_not_there() {
    let World { app, alice, .. } = World::start().await;
    app.group("team", Visibility::Private).await;
    let hidden = app.id_at("team").await;
    for (path, parent) in [("/groups", "parent_id"), ("/projects", "namespace_id")] {
        for wrong in [
            json!({ "path": "x" }),
            json!({ "path": "a b" }),
            json!({ "path": {}, "name": {}, "description": {}, "visibility": {} }),
        ] {
            let with = |id: i64| {
                let mut body = wrong.clone();
                body[parent] = json!(id);
                body
            };
            let told = alice.post(path, with(hidden)).await;
            let expected = alice.post(path, with(NOBODYS)).await;
            assert_eq!(
                (told.status, &told.body),
                (expected.status, &expected.body),
                "{wrong}"
            );
            assert_eq!(told.status, 404, "{wrong}: {}", told.body);
        }
    }
}
