//! Rights are asked about the thing that an id names: every route with the ids of others
//! (docs/incidents.md: Harbor CVE-2019-16919, CVE-2022-31667).

use axum::http::StatusCode;
use serde_json::{Value, json};
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{Actor, TestApp};

/// A call that would change something.
struct Change {
    method: &'static str,
    path: String,
    body: Value,
}

/// Every route below a group or project that changes something, with a body that would do it.
async fn changes(app: &TestApp, noun: &str, path: &str) -> Vec<Change> {
    let by_path = format!("/{noun}/{}", path.replace('/', "%2F"));
    let by_id = format!("/{noun}/{}", app.id_at(path).await);
    let victim = app.id_of("victim").await;
    let mallory = app.id_of("mallory").await;
    let change = |method, path, body| Change { method, path, body };
    let mut all = Vec::new();
    for namespace in [by_path, by_id] {
        let members = format!("{namespace}/members");
        let one = format!("{members}/{victim}");
        let opened = json!({ "name": "x", "visibility": "public" });
        let by_id = json!({ "user_id": mallory, "access_level": 10 });
        let by_name = json!({ "username": "mallory", "access_level": 50 });
        all.extend([
            change("PUT", namespace.clone(), opened),
            change("POST", members.clone(), by_id),
            change("POST", members, by_name),
            change("PUT", one.clone(), json!({ "access_level": 10 })),
            change("DELETE", one, Value::Null),
            change("DELETE", namespace, Value::Null),
        ]);
    }
    all
}

/// Makes every change, which must be answered with `status`.
async fn each_is_refused(by: &Actor, changes: Vec<Change>, status: StatusCode) {
    for Change { method, path, body } in changes {
        let reply = by.call(method, &path, body).await;
        assert_eq!(reply.status, status, "{method} {path}: {}", reply.body);
    }
}

/// Everything that could have been changed, as an administrator sees it.
async fn state(root: &Actor) -> Vec<Value> {
    let mut all = Vec::new();
    for path in [
        "/groups?order_by=id",
        "/projects?order_by=id",
        "/users",
        "/groups/team/members",
        "/projects/team%2Fapp/members",
        "/groups/other/members",
    ] {
        all.push(root.read(path).await);
    }
    all
}

struct Instance {
    app: TestApp,
    root: Actor,
    /// Owns what is elsewhere.
    mallory: Actor,
}

async fn start() -> Instance {
    let app = TestApp::start().await;
    app.administrator("root").await;
    app.user("victim").await;
    app.user("mallory").await;
    app.project("team/app", Visibility::Private).await;
    app.project("other/app", Visibility::Private).await;
    app.member("team", "victim", "owner").await;
    app.member("team/app", "victim", "owner").await;
    // An owner elsewhere: what is theirs must not open what is not.
    app.member("other", "mallory", "owner").await;
    Instance {
        root: app.actor("root", "api").await,
        mallory: app.actor("mallory", "api").await,
        app,
    }
}

#[tokio::test]
async fn what_others_may_not_see_is_not_there_for_any_change() {
    let Instance { app, root, mallory } = start().await;
    let before = state(&root).await;
    for (noun, path) in [("groups", "team"), ("projects", "team/app")] {
        each_is_refused(
            &mallory,
            changes(&app, noun, path).await,
            StatusCode::NOT_FOUND,
        )
        .await;
    }
    assert_eq!(state(&root).await, before);
}

#[tokio::test]
async fn what_others_see_they_still_do_not_change() {
    let Instance { app, root, mallory } = start().await;
    for path in ["/groups/team", "/projects/team%2Fapp"] {
        let reply = root.put(path, json!({ "visibility": "public" })).await;
        assert_eq!(reply.status, StatusCode::OK);
    }
    let before = state(&root).await;
    for level in [None, Some("guest"), Some("developer")] {
        if let Some(level) = level {
            app.member("other", "mallory", level).await;
        }
        for (noun, path) in [("groups", "team"), ("projects", "team/app")] {
            each_is_refused(
                &mallory,
                changes(&app, noun, path).await,
                StatusCode::FORBIDDEN,
            )
            .await;
        }
    }
    assert_eq!(state(&root).await[..5], before[..5]);
}

#[tokio::test]
async fn an_id_of_another_kind_names_nothing() {
    let Instance { app, root, .. } = start().await;
    for (noun, path) in [("projects", "team"), ("groups", "team/app")] {
        each_is_refused(
            &root,
            changes(&app, noun, path).await,
            StatusCode::NOT_FOUND,
        )
        .await;
    }
}

#[tokio::test]
async fn a_member_of_one_place_is_not_reached_through_another() {
    let Instance { app, root, mallory } = start().await;
    let victim = app.id_of("victim").await;
    let before = state(&root).await;
    for method in ["PUT", "DELETE", "GET"] {
        let route = format!("/groups/other/members/{victim}");
        let reply = mallory
            .call(method, &route, json!({ "access_level": 10 }))
            .await;
        assert_eq!(
            reply.status,
            StatusCode::NOT_FOUND,
            "{method}: {}",
            reply.body
        );
    }
    assert_eq!(state(&root).await, before);
}

#[tokio::test]
async fn users_are_changed_by_administrators_only() {
    let Instance { app, root, mallory } = start().await;
    let before = state(&root).await;
    for name in ["victim", "mallory", "root"] {
        let path = app.user_path(name).await;
        for (method, route) in [
            ("PUT", path.clone()),
            ("DELETE", path.clone()),
            ("POST", format!("{path}/block")),
            ("POST", format!("{path}/unblock")),
        ] {
            let body = json!({ "admin": true, "password": "a new long one", "name": "x" });
            let reply = mallory.call(method, &route, body).await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{method} {route}");
        }
    }
    let nobody = mallory.delete("/users/999").await;
    assert_eq!(
        nobody.status,
        StatusCode::FORBIDDEN,
        "whether there is such a user is not told"
    );
    assert_eq!(state(&root).await, before);
}
