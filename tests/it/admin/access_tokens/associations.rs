//! Where the owner of a token has a role.

use axum::http::StatusCode;
use serde_json::{Value, json};
use wharfinger::domain::access_tokens::pattern::RepositoryPattern;
use wharfinger::domain::authority::Authority;
use wharfinger::domain::namespaces::reference::{ExpectedNamespace, NamespaceReference};
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{TestApp, Token};

const PATH: &str = "/personal_access_tokens/self/associations";

async fn start() -> TestApp {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.user("bob").await;
    app.project("team/app", Visibility::Internal).await;
    app.project("team/gone", Visibility::Private).await;
    app.project("other/app", Visibility::Public).await;
    app.group("team/sub", Visibility::Private).await;
    app.member("team", "alice", "reporter").await;
    app.member("team/app", "alice", "maintainer").await;
    let gone = NamespaceReference::at(ExpectedNamespace::Project, "team/gone".try_into().unwrap());
    app.desk
        .delete_namespace(&Authority::operator(), &gone)
        .await
        .unwrap();
    app
}

async fn found(app: &TestApp, token: &Token, query: &str) -> (Vec<String>, Vec<String>) {
    let reply = app
        .api(("GET", &format!("{PATH}{query}")), token, Value::Null)
        .await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let names = |list: &str, name: &str| {
        let json = reply.json();
        let entries = json[list].as_array().unwrap().iter();
        entries
            .map(|entry| entry[name].as_str().unwrap().to_owned())
            .collect()
    };
    (
        names("groups", "full_path"),
        names("projects", "path_with_namespace"),
    )
}

#[tokio::test]
async fn any_token_tells_where_its_owner_has_a_role() {
    let app = start().await;
    let token = app.token("alice", "write_registry").await;
    let reply = app.api(("GET", PATH), &token, Value::Null).await;
    insta::assert_snapshot!(reply.body, @r#"{"groups":[{"id":3,"name":"team","path":"team","full_path":"team","visibility":"private","web_url":"http://localhost:5002/groups/team","access_levels":20},{"id":8,"name":"sub","path":"sub","full_path":"team/sub","visibility":"private","web_url":"http://localhost:5002/groups/team/sub","access_levels":20}],"projects":[{"id":4,"name":"app","path":"app","path_with_namespace":"team/app","visibility":"internal","web_url":"http://localhost:5002/team/app","access_levels":{"project_access_level":40,"group_access_level":20}}]}"#);
    app.administrator("root").await;
    let root = app.token("root", "api").await;
    for (path, list) in [
        ("/groups/team", "groups"),
        ("/projects/team%2Fapp", "projects"),
    ] {
        app.api(("PUT", path), &root, json!({ "name": "A name" }))
            .await;
        let named = app.read(PATH, &token).await[list][0].clone();
        assert_eq!(named["name"], "A name");
        assert_eq!(named["name"], app.read(path, &root).await["name"]);
    }
    let bobs = app.token("bob", "self_rotate").await;
    assert_eq!(found(&app, &bobs, "").await, (vec![], vec![]));
}

#[tokio::test]
async fn roles_can_be_asked_for_and_lists_come_in_pages() {
    let app = start().await;
    app.project("team/sub/app", Visibility::Private).await;
    let token = app.token("alice", "read_api").await;
    let lists = |groups: &[&str], projects: &[&str]| {
        let owned = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        (owned(groups), owned(projects))
    };
    let all = lists(&["team", "team/sub"], &["team/app", "team/sub/app"]);
    assert_eq!(found(&app, &token, "").await, all);
    assert_eq!(found(&app, &token, "?min_access_level=20").await, all);
    assert_eq!(
        found(&app, &token, "?min_access_level=30").await,
        lists(&[], &["team/app"])
    );
    assert_eq!(
        found(&app, &token, "?per_page=1&page=2").await,
        lists(&["team/sub"], &["team/sub/app"])
    );
    for bad in ["?min_access_level=7", "?min_access_level=x", "?page=0"] {
        let reply = app
            .api(("GET", &format!("{PATH}{bad}")), &token, Value::Null)
            .await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{bad}");
    }
}

#[tokio::test]
async fn a_limited_token_tells_of_no_place_beyond_its_patterns() {
    let app = start().await;
    app.member("other", "alice", "guest").await;
    let limited = app
        .token_as("alice", "read_registry", |token| {
            let patterns = vec![RepositoryPattern::try_from("other/app/*").unwrap()];
            token.limited_to(patterns).unwrap()
        })
        .await;
    let expected = (vec!["other".to_owned()], vec!["other/app".to_owned()]);
    assert_eq!(found(&app, &limited, "").await, expected);
    let reply = app.api(("GET", PATH), &limited, json!({})).await;
    assert!(!reply.body.contains("team"), "{}", reply.body);
}
