//! Rights are asked about the thing that an id names: every route with the ids of others
//! (docs/incidents.md: Harbor CVE-2019-16919, CVE-2022-31667).

use axum::http::StatusCode;
use serde_json::{Value, json};
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{TestApp, Token};

/// Every route below a group or project that changes something, with a body that would do it.
async fn changes(app: &TestApp, noun: &str, path: &str) -> Vec<(&'static str, String, Value)> {
    let namespace = format!("/{noun}/{}", path.replace('/', "%2F"));
    let id = app.id_at(path).await;
    let victim = app.id_of("victim").await;
    let mallory = app.id_of("mallory").await;
    let mut all = Vec::new();
    for namespace in [namespace, format!("/{noun}/{id}")] {
        all.push((
            "PUT",
            namespace.clone(),
            json!({ "name": "x", "visibility": "public" }),
        ));
        all.push((
            "POST",
            format!("{namespace}/members"),
            json!({ "user_id": mallory, "access_level": 10 }),
        ));
        all.push((
            "POST",
            format!("{namespace}/members"),
            json!({ "username": "mallory", "access_level": 50 }),
        ));
        all.push((
            "PUT",
            format!("{namespace}/members/{victim}"),
            json!({ "access_level": 10 }),
        ));
        all.push((
            "DELETE",
            format!("{namespace}/members/{victim}"),
            Value::Null,
        ));
        all.push(("DELETE", namespace, Value::Null));
    }
    all
}

/// Everything that could have been changed, as an administrator sees it.
async fn state(app: &TestApp, root: &Token) -> Vec<Value> {
    let mut all = Vec::new();
    for path in [
        "/groups?order_by=id",
        "/projects?order_by=id",
        "/users",
        "/groups/team/members",
        "/projects/team%2Fapp/members",
        "/groups/other/members",
    ] {
        all.push(app.read(path, root).await);
    }
    all
}

async fn start() -> (TestApp, Token, Token) {
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
    let (root, mallory) = (
        app.token("root", "api").await,
        app.token("mallory", "api").await,
    );
    (app, root, mallory)
}

#[tokio::test]
async fn what_others_may_not_see_is_not_there_for_any_change() {
    let (app, root, mallory) = start().await;
    let before = state(&app, &root).await;
    for (noun, path) in [("groups", "team"), ("projects", "team/app")] {
        for (method, route, body) in changes(&app, noun, path).await {
            let reply = app.api((method, &route), &mallory, body).await;
            assert_eq!(
                reply.status,
                StatusCode::NOT_FOUND,
                "{method} {route}: {}",
                reply.body
            );
        }
    }
    assert_eq!(state(&app, &root).await, before);
}

#[tokio::test]
async fn what_others_see_they_still_do_not_change() {
    let (app, root, mallory) = start().await;
    for path in ["/groups/team", "/projects/team%2Fapp"] {
        let reply = app
            .api(("PUT", path), &root, json!({ "visibility": "public" }))
            .await;
        assert_eq!(reply.status, StatusCode::OK);
    }
    let before = state(&app, &root).await;
    for level in [None, Some("guest"), Some("developer")] {
        if let Some(level) = level {
            app.member("other", "mallory", level).await;
        }
        for (noun, path) in [("groups", "team"), ("projects", "team/app")] {
            for (method, route, body) in changes(&app, noun, path).await {
                let reply = app.api((method, &route), &mallory, body).await;
                assert_eq!(
                    reply.status,
                    StatusCode::FORBIDDEN,
                    "{method} {route}: {}",
                    reply.body
                );
            }
        }
    }
    assert_eq!(state(&app, &root).await[..5], before[..5]);
}

#[tokio::test]
async fn an_id_of_another_kind_names_nothing() {
    let (app, root, _) = start().await;
    for (noun, path) in [("projects", "team"), ("groups", "team/app")] {
        for (method, route, body) in changes(&app, noun, path).await {
            let reply = app.api((method, &route), &root, body).await;
            assert_eq!(
                reply.status,
                StatusCode::NOT_FOUND,
                "{method} {route}: {}",
                reply.body
            );
        }
    }
}

#[tokio::test]
async fn a_member_of_one_place_is_not_reached_through_another() {
    let (app, root, mallory) = start().await;
    let victim = app.id_of("victim").await;
    let before = state(&app, &root).await;
    for method in ["PUT", "DELETE", "GET"] {
        let route = format!("/groups/other/members/{victim}");
        let reply = app
            .api((method, &route), &mallory, json!({ "access_level": 10 }))
            .await;
        assert_eq!(
            reply.status,
            StatusCode::NOT_FOUND,
            "{method}: {}",
            reply.body
        );
    }
    assert_eq!(state(&app, &root).await, before);
}

#[tokio::test]
async fn users_are_changed_by_administrators_only() {
    let (app, root, mallory) = start().await;
    let before = state(&app, &root).await;
    for name in ["victim", "mallory", "root"] {
        let path = format!("/users/{}", app.id_of(name).await);
        for (method, route) in [
            ("PUT", path.clone()),
            ("DELETE", path.clone()),
            ("POST", format!("{path}/block")),
            ("POST", format!("{path}/unblock")),
        ] {
            let body = json!({ "admin": true, "password": "a new long one", "name": "x" });
            let reply = app.api((method, &route), &mallory, body).await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{method} {route}");
        }
    }
    let nobody = app
        .api(("DELETE", "/users/999"), &mallory, Value::Null)
        .await;
    assert_eq!(
        nobody.status,
        StatusCode::FORBIDDEN,
        "whether there is such a user is not told"
    );
    assert_eq!(state(&app, &root).await, before);
}
