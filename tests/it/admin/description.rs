//! The API's description of itself is true.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use wharfinger::domain::namespaces::visibility::Visibility;

use super::operations::{Others, description, operations};
use crate::harness::TestApp;

#[tokio::test]
async fn every_documented_answer_with_a_body_is_json() {
    let app = TestApp::start().await;
    let description = description(&app).await;
    for operation in operations(&app).await {
        let responses = &operation.described(&description)["responses"];
        for (status, response) in responses.as_object().unwrap() {
            let kinds = response["content"].as_object().into_iter().flatten();
            for (kind, _) in kinds {
                assert_eq!(kind, "application/json", "{operation:?} {status}");
            }
        }
    }
}

#[tokio::test]
async fn what_can_be_no_id_is_refused_in_json_by_every_operation() {
    let app = TestApp::start().await;
    app.administrator("root").await;
    let root = app.actor("root", "api").await;
    let with_id = operations(&app)
        .await
        .into_iter()
        .filter(|operation| operation.path.contains('{'));
    for operation in with_id {
        let parts: Vec<&str> = operation.below_api().split('/').collect();
        let method = &operation.method;
        for wrong in [
            "%FF",
            "%00",
            "-1",
            "99999999999999999999",
            "a%2F%2Fb",
            "%20",
        ] {
            let named = parts
                .iter()
                .map(|part| if part.starts_with('{') { wrong } else { part });
            let named = named.collect::<Vec<_>>().join("/");
            let reply = root.call(method, &named, json!({})).await;
            let is_told =
                reply.header("content-type") == "application/json" && reply.json().is_object();
            assert!(
                is_told && [400, 404].contains(&reply.status.as_u16()),
                "{method} {named}: {} {}",
                reply.status,
                reply.body
            );
        }
    }
}

#[tokio::test]
async fn every_documented_field_is_accepted_and_no_other() {
    let app = TestApp::start().await;
    app.administrator("root").await;
    let root = app.actor("root", "api").await;
    let description = description(&app).await;
    let path = format!("{}/personal_access_tokens", app.user_path("root").await);
    let example = &description["components"]["schemas"]["CreateAccessToken"]["example"];
    assert_eq!(
        root.post(&path, example.clone()).await.status,
        StatusCode::CREATED
    );
    let fields = description["components"]["schemas"]["CreateAccessToken"]["properties"]
        .as_object()
        .unwrap();
    for field in fields.keys() {
        let reply = root.post(&path, json!({ field: {} })).await;
        assert!(
            !reply.body.contains("is not a parameter here"),
            "{field}: {}",
            reply.body
        );
    }
    let misspelt = json!({ "name": "x", "scopes": ["read_registry"], "repository": ["team/app"] });
    let reply = root.post(&path, misspelt).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let told = reply.json()["error"].as_str().unwrap().to_owned();
    assert!(
        told.starts_with("repository is not a parameter here; there is name,"),
        "{told}"
    );
    let scopes = description["components"]["schemas"]["ScopeName"]["enum"]
        .as_array()
        .unwrap()
        .clone();
    let all = json!({ "name": "x", "scopes": scopes });
    assert_eq!(
        root.post(&path, all).await.json()["scopes"],
        Value::from(scopes)
    );
}

#[tokio::test]
async fn every_documented_field_of_a_change_or_rotation_is_read() {
    let app = TestApp::start().await;
    app.administrator("root").await;
    let root = app.actor("root", "api").await;
    let description = description(&app).await;
    let one = app.actor("root", "read_registry").await.token_path();
    for (schema, method, path) in [
        ("ChangeAccessToken", "PATCH", one.clone()),
        ("RotateAccessToken", "POST", format!("{one}/rotate")),
    ] {
        let schema = &description["components"]["schemas"][schema];
        for field in schema["properties"].as_object().unwrap().keys() {
            let reply = root.call(method, &path, json!({ field: {} })).await;
            let told = &reply.json()["error"];
            assert_eq!(told, &json!(format!("{field} is invalid")), "{method}");
        }
    }
}

#[tokio::test]
async fn every_documented_example_is_accepted() {
    let app = TestApp::start().await;
    app.administrator("root").await;
    app.user("bob").await;
    app.project("base/app", Visibility::Private).await;
    app.member("base", "bob", "guest").await;
    app.member("base/app", "bob", "guest").await;
    let bobs = app.actor("bob", "api").await;
    let description = description(&app).await;
    let ids = Others {
        user: app.id_of("bob").await,
        token: bobs.token_id.0,
        group: app.id_at("base").await,
        project: app.id_at("base/app").await,
    };
    let mut accepted = 0;
    for operation in operations(&app).await {
        let body = &operation.described(&description)["requestBody"];
        let schema = &body["content"]["application/json"]["schema"];
        // A body that may be left out is null or the schema.
        let either = schema["oneOf"].as_array().cloned();
        let either = either.unwrap_or_else(|| vec![schema.clone()]);
        let Some(schema) = either.iter().find_map(|schema| schema["$ref"].as_str()) else {
            assert!(body.is_null(), "{operation:?}");
            continue;
        };
        let example = &description.pointer(&schema[1..]).unwrap()["example"];
        assert!(example.is_object(), "{schema} has no example");
        // A token for each: some of them end the one that they are called with.
        let root = app.actor("root", "api").await;
        let reply = operation.call_with(&root, &ids, example.clone()).await;
        assert!(
            reply.status.is_success(),
            "{operation:?} {example}: {}",
            reply.body
        );
        accepted += 1;
    }
    assert!(accepted >= 17, "{accepted}");
}

#[tokio::test]
async fn the_page_shows_every_operation_and_loads_nothing() {
    let app = TestApp::start().await;
    let request = Request::get("/api/docs").body(Body::empty());
    let page = app.send_admin(request.unwrap()).await;
    for operation in operations(&app).await {
        let name = operation.name();
        assert!(page.body.contains(&format!("<h2>{name}</h2>")), "{name}");
    }
    for field in [
        "repositories",
        "expires_at",
        "expires_in",
        "grace",
        "password",
        "per_page",
    ] {
        assert!(
            page.body.contains(&format!("<code>{field}</code>")),
            "{field}"
        );
    }
    assert!(
        !page.body.contains("<script")
            && !page.body.contains("http://")
            && !page.body.contains("https://")
    );
    assert_eq!(
        page.header("content-security-policy"),
        "default-src 'none'; style-src 'unsafe-inline'"
    );
}
