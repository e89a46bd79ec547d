//! A caller who may not see a group or project learns nothing from what else is wrong: the answer is
//! the one to a namespace that is not there.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Map, Value, json};
use tempfile::TempDir;
use wharfinger::domain::namespaces::visibility::Visibility;

use super::operations::{Operation, Others, description, operations};
use crate::harness::{TestApp, World};

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

/// A group that is hidden says nothing through a public project in it.
#[tokio::test]
async fn a_public_project_shows_nothing_of_the_hidden_group_around_it() {
    let World { app, root, alice } = World::start().await;
    app.user("boss").await;
    app.user("helper").await;
    app.project("team/app", Visibility::Public).await;
    app.group("team/sub", Visibility::Public).await;
    for (group, name) in [
        ("/groups/team", "Secret Plan"),
        ("/groups/team%2Fsub", "Sub"),
    ] {
        let body = json!({ "name": name, "description": "of the plan" });
        assert_eq!(root.put(group, body).await.status, 200);
    }
    app.member("team", "boss", "owner").await;
    app.member("team/app", "helper", "developer").await;
    let boss = app.actor("boss", "api").await;
    let helper = app.actor("helper", "api").await;
    let boss_id = app.id_of("boss").await;
    let project = "/projects/team%2Fapp";
    let all = format!("{project}/members/all");
    for outsider in [&alice, &helper] {
        for path in [
            project.to_owned(),
            "/projects".to_owned(),
            "/groups".to_owned(),
            "/groups/team%2Fsub".to_owned(),
            "/projects?search=team".to_owned(),
            all.clone(),
            format!("{project}/members"),
            "/groups/team%2Fsub/members/all".to_owned(),
        ] {
            let reply = outsider.get(&path).await;
            assert_eq!(reply.status, 200, "{path}");
            for hidden in ["Secret", "of the plan", "boss"] {
                let is_own = path.starts_with("/groups") && hidden == "of the plan";
                assert!(
                    is_own || !reply.body.contains(hidden),
                    "{path}: {}",
                    reply.body
                );
            }
        }
        assert_eq!(outsider.get(&format!("{all}/{boss_id}")).await.status, 404);
        let shown = outsider.read(project).await;
        assert_eq!(shown["name_with_namespace"], "team / app");
        assert_eq!(shown["namespace"]["name"], "team");
    }
    for insider in [&root, &boss] {
        let shown = insider.read(project).await;
        assert_eq!(shown["name_with_namespace"], "Secret Plan / app");
        assert_eq!(shown["namespace"]["name"], "Secret Plan");
        assert!(insider.get(&all).await.body.contains("boss"));
        assert_eq!(insider.get(&format!("{all}/{boss_id}")).await.status, 200);
    }
}

/// Requests for what is hidden, with one for what is not there beside each.
async fn hidden_and_absent(app: &TestApp) -> Vec<(&'static str, [String; 2], [Value; 2])> {
    let (group, project) = (app.id_at("team").await, app.id_at("team/app").await);
    let nothing = || [json!({}), json!({})];
    let both = |one: &str, other: &str| ("GET", [one.to_owned(), other.to_owned()], nothing());
    let ids = |noun: &str, id: i64| both(&format!("{noun}/{id}"), &format!("{noun}/{NOBODYS}"));
    let below = |parent: i64| json!({ "path": "x", "name": "x", "parent_id": parent });
    vec![
        both("/groups/team", "/groups/none"),
        both("/projects/team%2Fapp", "/projects/team%2Fnone"),
        ids("/groups", group),
        ids("/projects", project),
        both("/namespaces/team/exists", "/namespaces/none/exists"),
        (
            "POST",
            ["/groups".to_owned(), "/groups".to_owned()],
            [below(group), below(NOBODYS)],
        ),
    ]
}

/// The number of questions to the database is the greater part of the time of an answer.
#[tokio::test]
async fn a_hidden_namespace_costs_as_many_questions_as_one_that_is_not_there() {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}/hidden.db?mode=rwc", folder.path().display()).into();
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let app = TestApp::on(&url, |db| {
        db.watch(move |statement| {
            let is_question = statement.sql.starts_with("SELECT");
            counter.fetch_add(is_question.into(), Ordering::SeqCst);
        });
    });
    let app = Box::pin(app).await;
    app.user("alice").await;
    app.project("team/app", Visibility::Private).await;
    let alice = app.actor("alice", "api").await;
    let cost = async |method: &str, path: &str, body: Value| {
        asked.store(0, Ordering::SeqCst);
        let status = alice.call(method, path, body).await.status;
        (status, asked.load(Ordering::SeqCst))
    };
    for (method, [hidden, absent], [body, other]) in hidden_and_absent(&app).await {
        // The first request also learns of the changes before it.
        let _ = cost("GET", "/version", json!({})).await;
        let told = cost(method, &hidden, body).await;
        assert_eq!(
            told,
            cost(method, &absent, other).await,
            "{method} {hidden}"
        );
        assert!(told.1 > 1, "{method} {hidden}: {told:?}");
    }
}
