//! Every operation of the API's description refuses whoever may not.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use wharfinger::domain::authority::Authority;
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{PASSWORD, Reply, TestApp};

/// Operations that any token may use on itself.
const FOR_ANY_SCOPE: [&str; 3] = [
    "GET /api/v4/personal_access_tokens/self",
    "GET /api/v4/personal_access_tokens/self/associations",
    "DELETE /api/v4/personal_access_tokens/self",
];
/// The one that `self_rotate` opens, and nobody can use on someone else's.
const ROTATE_SELF: &str = "POST /api/v4/personal_access_tokens/self/rotate";

async fn operations(app: &TestApp) -> Vec<(String, String)> {
    let request = Request::get("/api/openapi.json")
        .body(Body::empty())
        .unwrap();
    let description = app.send_admin(request).await.json();
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut found = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for method in item
            .as_object()
            .unwrap()
            .keys()
            .filter(|key| ["get", "post", "put", "patch", "delete"].contains(&key.as_str()))
        {
            found.push((method.to_uppercase(), path.clone()));
        }
    }
    assert!(found.len() >= 51, "{found:?}");
    found
}

/// The ids of what belongs to someone else.
struct Others {
    user: i64,
    token: i64,
    group: i64,
    project: i64,
}

/// Calls an operation on the ids of someone else.
async fn call(
    app: &TestApp,
    (method, path): &(String, String),
    token: Option<&str>,
    ids: &Others,
) -> Reply {
    call_with(app, &(method.clone(), path.clone()), token, ids, json!({})).await
}

/// The same with a body.
async fn call_with(
    app: &TestApp,
    (method, path): &(String, String),
    token: Option<&str>,
    ids: &Others,
    body: Value,
) -> Reply {
    let id = match path.split('/').nth(3) {
        Some("personal_access_tokens") => ids.token,
        Some("groups") => ids.group,
        Some("projects") => ids.project,
        _ => ids.user,
    };
    let path = path
        .replace("{id}", &id.to_string())
        .replace("{user_id}", &ids.user.to_string())
        .replace("{token_id}", "1");
    assert!(
        !path.contains('{'),
        "{path} has a parameter that this test does not know"
    );
    app.api_as((method, path.strip_prefix("/api/v4").unwrap()), token, body)
        .await
}

#[tokio::test]
async fn every_documented_answer_with_a_body_is_json() {
    let app = TestApp::start().await;
    let request = Request::get("/api/openapi.json")
        .body(Body::empty())
        .unwrap();
    let description = app.send_admin(request).await.json();
    for (method, path) in operations(&app).await {
        let responses = &description["paths"][&path][method.to_lowercase()]["responses"];
        for (status, response) in responses.as_object().unwrap() {
            let kinds = response["content"].as_object().into_iter().flatten();
            for (kind, _) in kinds {
                assert_eq!(kind, "application/json", "{method} {path} {status}");
            }
        }
    }
}

#[tokio::test]
async fn what_can_be_no_id_is_refused_in_json_by_every_operation() {
    let app = TestApp::start().await;
    app.administrator("root").await;
    let root = app.token("root", "api").await;
    for (method, path) in operations(&app).await {
        let parts = path.strip_prefix("/api/v4").unwrap().split('/');
        let parts: Vec<&str> = parts.collect();
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
            if !path.contains('{') {
                continue;
            }
            let reply = app.api((&method, &named), &root, json!({})).await;
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
async fn every_operation_refuses_who_may_not() {
    let app = TestApp::start().await;
    app.administrator("root").await;
    app.user("alice").await;
    let others = app.token("root", "api").await;
    app.project("team/app", Visibility::Private).await;
    app.member("team/app", "root", "owner").await;
    let ids = Others {
        user: app.id_of("root").await,
        token: others.id.0,
        group: app.id_at("team").await,
        project: app.id_at("team/app").await,
    };
    let dead = app.token("alice", "api").await;
    app.desk
        .revoke_access_token(&Authority::operator(), dead.id)
        .await
        .unwrap();
    app.create_user("blocked", true, None).await;
    app.create_user("another", true, None).await;
    let blocked = app.token("blocked", "api").await;
    app.desk
        .block_user(&Authority::operator(), &"blocked".try_into().unwrap())
        .await
        .unwrap();
    let plain = app.token("alice", "api").await;
    let narrow = app.token("root", "write_registry self_rotate").await;
    let narrower = app.token("root", "write_registry").await;
    let jwt = app.ask(Some(("root", PASSWORD)), &[]).await.json()["token"]
        .as_str()
        .unwrap()
        .to_owned();

    for operation in operations(&app).await {
        let name = format!("{} {}", operation.0, operation.1);
        let status = async |token: Option<&str>| call(&app, &operation, token, &ids).await.status;
        assert_eq!(
            status(None).await,
            StatusCode::UNAUTHORIZED,
            "{name} without a token"
        );
        for wrong in ["", "junk", PASSWORD, jwt.as_str(), dead.secret.expose()] {
            assert_eq!(
                status(Some(wrong)).await,
                StatusCode::UNAUTHORIZED,
                "{name} with a wrong token"
            );
        }
        assert_eq!(
            status(Some(blocked.secret.expose())).await,
            StatusCode::FORBIDDEN,
            "{name} of a blocked owner"
        );
        if !FOR_ANY_SCOPE.contains(&name.as_str()) {
            let narrow = if name == ROTATE_SELF {
                &narrower
            } else {
                &narrow
            };
            let reply = call(&app, &operation, Some(narrow.secret.expose()), &ids).await;
            assert_eq!(
                reply.status,
                StatusCode::FORBIDDEN,
                "{name} without the scope"
            );
            assert_eq!(reply.json()["error"], "insufficient_scope", "{name}");
        }
        // Someone else's user or token, or what only administrators do.
        if operation.0 != "GET" && !FOR_ANY_SCOPE.contains(&name.as_str()) && name != ROTATE_SELF
            || [
                "personal_access_tokens/{id}",
                "groups/{id}",
                "projects/{id}",
            ]
            .iter()
            .any(|path| operation.1.contains(path))
        {
            let refused = [
                StatusCode::UNAUTHORIZED,
                StatusCode::FORBIDDEN,
                StatusCode::BAD_REQUEST,
                StatusCode::NOT_FOUND,
            ];
            let status = status(Some(plain.secret.expose())).await;
            assert!(
                refused.contains(&status),
                "{name} of someone else: {status}"
            );
        }
    }
    assert!(app.id_at("team/app").await > 0, "nothing was deleted");
    let root = app.desk.user(&"root".try_into().unwrap()).await.unwrap();
    assert_eq!(root.state.name(), "active", "nothing was changed");
    assert!(
        app.desk
            .access_token(&Authority::operator(), others.id)
            .await
            .unwrap()
            .revoked_at
            .is_none()
    );
}

#[tokio::test]
async fn every_documented_field_is_accepted_and_no_other() {
    let app = TestApp::start().await;
    app.administrator("root").await;
    let root = app.token("root", "api").await;
    let request = Request::get("/api/openapi.json")
        .body(Body::empty())
        .unwrap();
    let description = app.send_admin(request).await.json();
    let path = format!("/users/{}/personal_access_tokens", app.id_of("root").await);
    let example = &description["components"]["schemas"]["NewToken"]["example"];
    assert_eq!(
        app.api(("POST", &path), &root, example.clone())
            .await
            .status,
        StatusCode::CREATED
    );
    let fields = description["components"]["schemas"]["NewToken"]["properties"]
        .as_object()
        .unwrap();
    for field in fields.keys() {
        let reply = app.api(("POST", &path), &root, json!({ field: {} })).await;
        assert!(
            !reply.body.contains("is not a parameter here"),
            "{field}: {}",
            reply.body
        );
    }
    let one = app.token("root", "read_registry").await.id;
    for (schema, method, path) in [
        (
            "AccessTokenChange",
            "PATCH",
            format!("/personal_access_tokens/{one}"),
        ),
        (
            "Rotation",
            "POST",
            format!("/personal_access_tokens/{one}/rotate"),
        ),
    ] {
        let schema = &description["components"]["schemas"][schema];
        for field in schema["properties"].as_object().unwrap().keys() {
            let reply = app.api((method, &path), &root, json!({ field: {} })).await;
            let told = &reply.json()["error"];
            assert_eq!(told, &json!(format!("{field} is invalid")), "{method}");
        }
    }
    let misspelt = json!({ "name": "x", "scopes": ["read_registry"], "repository": ["team/app"] });
    let reply = app.api(("POST", &path), &root, misspelt).await;
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
        app.api(("POST", &path), &root, all).await.json()["scopes"],
        Value::from(scopes)
    );
}

#[tokio::test]
async fn every_documented_example_is_accepted() {
    let app = TestApp::start().await;
    app.administrator("root").await;
    app.user("bob").await;
    app.project("base/app", Visibility::Private).await;
    app.member("base", "bob", "guest").await;
    app.member("base/app", "bob", "guest").await;
    let bobs = app.token("bob", "api").await;
    let request = Request::get("/api/openapi.json")
        .body(Body::empty())
        .unwrap();
    let description = app.send_admin(request).await.json();
    let ids = Others {
        user: app.id_of("bob").await,
        token: bobs.id.0,
        group: app.id_at("base").await,
        project: app.id_at("base/app").await,
    };
    let mut accepted = 0;
    for operation in operations(&app).await {
        let body = &description["paths"][&operation.1][operation.0.to_lowercase()]["requestBody"];
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
        let root = app.token("root", "api").await;
        let secret = Some(root.secret.expose());
        let reply = call_with(&app, &operation, secret, &ids, example.clone()).await;
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
    let page = app
        .send_admin(Request::get("/api/docs").body(Body::empty()).unwrap())
        .await;
    for (method, path) in operations(&app).await {
        assert!(
            page.body.contains(&format!("<h2>{method} {path}</h2>")),
            "{method} {path}"
        );
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
