//! The API's description of itself is true.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use wharfinger::domain::namespaces::visibility::Visibility;

use super::operations::{Others, description, operations};
use crate::harness::{TestApp, World};

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
async fn every_success_but_an_empty_one_says_what_is_in_it() {
    let app = TestApp::start().await;
    let description = description(&app).await;
    for operation in operations(&app).await {
        let responses = &operation.described(&description)["responses"];
        let successes = responses.as_object().unwrap().iter();
        for (status, response) in successes.filter(|(status, _)| status.starts_with('2')) {
            let has_body = response["content"]["application/json"]["schema"].is_object();
            assert_eq!(has_body, status != "204", "{operation:?} {status}");
        }
        let told = responses["503"]["description"].as_str().unwrap();
        assert!(told.contains("Without that header, trying again does not help"));
    }
}

/// OpenAPI 3.1 demands it, and generators refuse a document without.
#[tokio::test]
async fn every_answer_has_a_description() {
    let app = TestApp::start().await;
    let description = description(&app).await;
    for operation in operations(&app).await {
        let responses = &operation.described(&description)["responses"];
        for (status, response) in responses.as_object().unwrap() {
            let words = response["description"].as_str().unwrap_or_default();
            assert!(words.ends_with('.'), "{operation:?} {status}: {words:?}");
        }
    }
}

/// True if a reply has the members that its schema demands.
fn fits(description: &Value, schema: &Value, reply: &Value) -> bool {
    if let Some(reference) = schema["$ref"].as_str() {
        return fits(
            description,
            description.pointer(&reference[1..]).unwrap(),
            reply,
        );
    }
    let part = |part: &Value| fits(description, part, reply);
    let parts = |name: &str| schema[name].as_array().into_iter().flatten();
    let is_null = schema["type"] == "null" && !reply.is_null();
    let required = parts("required").all(|name| reply.get(name.as_str().unwrap()).is_some());
    let any = ["anyOf", "oneOf"]
        .iter()
        .all(|name| schema[name].is_null() || parts(name).any(part));
    !is_null && required && any && parts("allOf").all(part)
}

/// Generated clients refuse a reply that lacks what the document says of it, and nothing is an object and null at once.
#[tokio::test]
async fn a_user_fits_its_description_for_everybody() {
    let World { app, root, alice } = World::start().await;
    let description = description(&app).await;
    let schemas = description["components"]["schemas"].as_object().unwrap();
    for (name, schema) in schemas {
        for part in schema["allOf"].as_array().into_iter().flatten() {
            let either = ["anyOf", "oneOf"].map(|either| part[either].as_array());
            let mut either = either.into_iter().flatten().flatten();
            assert!(either.all(|part| part["type"] != "null"), "{name}: {part}");
        }
    }
    let (basic, whole) = (alice.read("/users").await, root.read("/users").await);
    for (schema, user, is_it) in [
        ("User", &basic[0], true),
        ("User", &whole[0], true),
        ("UserDetails", &basic[0], false),
        ("UserDetails", &whole[0], true),
    ] {
        assert_eq!(
            fits(&description, &schemas[schema], user),
            is_it,
            "{schema} {user}"
        );
    }
    let page = app.get_admin("/api/docs").await.body;
    let (_, user) = page.split_once("<h3 id=User>").unwrap();
    let (user, _) = user.split_once("<h3").unwrap();
    for field in ["username", "is_admin", "email", "job_title"] {
        let count = user.matches(&format!("<dt><code>{field}</code>")).count();
        assert_eq!(count, 1, "{field}");
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
        // This one takes any text and says if it is a path.
        .filter(|operation| operation.path.contains('{') && !operation.path.ends_with("/exists"));
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
            "%2B1",
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
        // No code of an example is right, but it is read.
        let is_of_code = example == &json!({ "code": "123456" });
        let is_read = reply.body.contains("confirm") || reply.status == 404;
        assert!(
            reply.status.is_success() || is_of_code && is_read,
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
        assert!(page.body.contains(&format!(">{name}</h3>")), "{name}");
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
    // Of addresses elsewhere it has only the service's own, in the line that one may copy.
    let elsewhere = page
        .body
        .replace("http://localhost:5002/api/v4/version", "");
    assert!(
        !page.body.contains("<script")
            && !elsewhere.contains("http://")
            && !elsewhere.contains("https://")
            && !page.body.contains("url(")
            && !page.body.contains("@import")
    );
    let (_, style) = page.body.split_once("<style>").unwrap();
    let (style, _) = style.split_once("</style>").unwrap();
    let hash = STANDARD.encode(Sha256::digest(style));
    assert_eq!(
        page.header("content-security-policy"),
        format!(
            "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
    );
}

#[tokio::test]
async fn the_description_says_in_our_words_whose_it_is_and_how_to_authenticate() {
    let app = TestApp::start_with("[admin]\npublic_url = \"https://example.com/images/\"\n").await;
    let description = description(&app).await;
    let info = &description["info"];
    assert_eq!(info["title"], "Wharfinger API");
    assert_eq!(info["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(
        (&info["contact"], &info["license"]),
        (&Value::Null, &Value::Null)
    );
    let about = info["description"].as_str().unwrap();
    for way in ["PRIVATE-TOKEN", "Authorization: Bearer", "private_token"] {
        assert!(about.contains(way), "{way}");
    }
    let text = description.to_string();
    assert!(!text.to_lowercase().contains("utoipa") && !text.contains("gmail"));
    assert_eq!(
        description["servers"],
        json!([{ "url": "https://example.com/images" }])
    );
    let schemes = description["components"]["securitySchemes"]
        .as_object()
        .unwrap();
    assert_eq!(schemes.len(), 3);
    for (name, scheme) in schemes {
        assert!(scheme["description"].is_string(), "{name}");
    }
    let nouns = description["tags"].as_array().unwrap();
    for noun in nouns {
        assert!(noun["description"].is_string(), "{noun}");
    }
    for operation in operations(&app).await {
        let tags = operation.described(&description)["tags"]
            .as_array()
            .unwrap();
        let is_known = nouns.iter().any(|noun| noun["name"] == tags[0]);
        assert!(tags.len() == 1 && is_known, "{operation:?}");
    }
}

#[tokio::test]
async fn the_page_begins_with_a_call_and_says_common_things_once() {
    let app = TestApp::start_with("[admin]\npublic_url = \"https://example.com/images\"\n").await;
    let page = app.get_admin("/api/docs").await.body;
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}"));
    let order = [
        "<h1>Wharfinger API</h1>",
        "PRIVATE-TOKEN</code>",
        "curl --header @first.header https://example.com/images/api/v4/version",
        "<h2 id=contents>",
        "<h2 id=answers>",
        "<h2 id=users>Users</h2>",
        "<h2 id=groups>Groups</h2>",
        "<h2 id=personal_access_tokens>Personal access tokens</h2>",
        "<h2 id=things>",
    ];
    assert!(order.map(at).is_sorted());
    for status in ["401", "403", "404", "422", "503"] {
        let count = page.matches(&format!("<dt><code>{status}</code>")).count();
        assert_eq!(count, 1, "{status}");
    }
    // A list has no name that is taken, and nothing to be made.
    let (_, of_changes) = page.split_once("which change something, also:").unwrap();
    for status in ["409", "412", "422"] {
        assert!(
            of_changes.contains(&format!("<dt><code>{status}</code>")),
            "{status}"
        );
    }
    assert!(!page.contains('`'), "code is shown as code");
    for types in [
        "<code>per_page</code> <span>whole number, at least 1</span>",
        "<code>expires_at</code> <span>date (YYYY-MM-DD)",
        "<code>private</code> or <code>internal</code> or <code>public</code>",
        "<code>username</code> <span>text, 1 to 255 characters, needed</span>",
    ] {
        assert!(page.contains(types), "{types}");
    }
    for address in page.split("href=").skip(1) {
        let address = address.split('>').next().unwrap();
        let is_there = match address.strip_prefix('#') {
            Some(anchor) => page.contains(&format!(" id={anchor}>")),
            None => address == "openapi.json",
        };
        assert!(is_there, "{address}");
    }
}

/// Run in a browser, too: in a frame of 375 pixels nothing is wider than it.
#[tokio::test]
async fn the_page_wraps_on_a_phone_and_is_dark_where_that_is_wanted() {
    let app = TestApp::start().await;
    let page = app.get_admin("/api/docs").await.body;
    assert!(page.contains("content='width=device-width,initial-scale=1'"));
    assert!(page.contains("overflow-wrap:anywhere") && page.contains("white-space:pre-wrap"));
    assert!(!page.contains("<table") && !page.contains("nowrap") && !page.contains("min-width"));
    assert!(page.contains("color-scheme:light dark"));
    let (_, dark) = page
        .split_once("@media(prefers-color-scheme:dark)")
        .unwrap();
    for colour in [
        "--text:", "--back:", "--soft:", "--line:", "--code:", "--link:",
    ] {
        assert_eq!(page.matches(colour).count(), 2, "{colour}");
        assert!(dark.contains(colour), "{colour}");
    }
}

#[tokio::test]
async fn the_description_leads_people_to_pages_that_there_are() {
    let app = TestApp::start().await;
    let description = description(&app).await;
    let about = description["info"]["description"].as_str().unwrap();
    let code = about.split('`').skip(1).step_by(2);
    let pages = code.filter(|code| code.starts_with('/') && !code.starts_with("/user"));
    let pages: Vec<&str> = pages.collect();
    assert_eq!(pages, ["/sign_in", "/access_tokens", "/profile"]);
    for page in pages {
        let status = app.get_admin(page).await.status.as_u16();
        assert!([200, 303].contains(&status), "{page}: {status}");
    }
}
