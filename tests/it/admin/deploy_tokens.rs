//! The deploy tokens of groups and projects, and the list of all.

use serde_json::{Value, json};
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{Reply, TestApp, Token};

/// A private group with a project, and one member of each role beside an administrator.
async fn start() -> TestApp {
    let app = TestApp::start().await;
    app.administrator("root").await;
    app.project("team/app", Visibility::Private).await;
    app.project("open/app", Visibility::Public).await;
    for level in ["guest", "developer", "maintainer", "owner"] {
        app.user(level).await;
        app.member("team", level, level).await;
    }
    app.user("stranger").await;
    app
}

fn wanted() -> Value {
    json!({ "name": "ci", "scopes": ["read_registry"] })
}

async fn made(app: &TestApp, path: &str, by: &Token, body: Value) -> Value {
    let reply = app.api(("POST", path), by, body).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    reply.json()
}

const OF_PROJECT: &str = "/projects/team%2Fapp/deploy_tokens";
const OF_GROUP: &str = "/groups/team/deploy_tokens";

#[tokio::test]
async fn a_deploy_token_is_made_shown_and_revoked_as_in_gitlab() {
    let app = start().await;
    let maintainer = app.token("maintainer", "api").await;
    let body = json!({
        "name": "ci", "scopes": ["write_registry", "read_registry"], "username": "robot",
        "expires_at": "2099-01-01T10:00:00Z", "something": "else",
    });
    let created = made(&app, OF_PROJECT, &maintainer, body).await;
    let secret = created["token"].as_str().unwrap().to_owned();
    let mut expected = json!({
        "id": created["id"], "name": "ci", "username": "robot", "expires_at": "2099-01-01T10:00:00.000Z",
        "scopes": ["read_registry", "write_registry"], "revoked": false, "expired": false,
        "full_path": "team/app", "token": secret,
    });
    assert_eq!(created, expected);
    assert_eq!(app.ask(Some(("robot", &secret)), &[]).await.status, 200);

    expected.as_object_mut().unwrap().remove("token");
    let one = format!("{OF_PROJECT}/{}", created["id"]);
    let got = app.api(("GET", &one), &maintainer, Value::Null).await;
    assert_eq!(got.json(), expected);
    let listed = app.api(("GET", OF_PROJECT), &maintainer, Value::Null).await;
    assert_eq!(listed.json(), json!([expected]));
    assert_eq!(listed.header("x-total"), "1");

    let gone = app.api(("DELETE", &one), &maintainer, Value::Null).await;
    assert_eq!((gone.status.as_u16(), gone.body.as_str()), (204, ""));
    assert_eq!(app.ask(Some(("robot", &secret)), &[]).await.status, 401);
    for method in ["GET", "DELETE"] {
        let reply = app.api((method, &one), &maintainer, Value::Null).await;
        assert_eq!(reply.status, 404);
        assert_eq!(
            reply.json(),
            json!({ "message": "404 Deploy Token Not Found" })
        );
    }
    let listed = app.api(("GET", OF_PROJECT), &maintainer, Value::Null).await;
    assert_eq!(listed.json(), json!([]));
    // Whoever looks after the whole instance still sees that it was there.
    let root = app.token("root", "api").await;
    let all = app.api(("GET", "/deploy_tokens"), &root, Value::Null).await;
    expected["revoked"] = true.into();
    assert_eq!(all.json(), json!([expected]));
}

/// A project's are a Maintainer's; a group's are listed by Maintainers and managed by Owners.
#[tokio::test]
async fn each_role_may_what_gitlab_says_and_strangers_learn_nothing() {
    let app = start().await;
    let root = app.token("root", "api").await;
    let of_project = made(&app, OF_PROJECT, &root, wanted()).await["id"].to_string();
    let of_group = made(&app, OF_GROUP, &root, wanted()).await["id"].to_string();
    for (user, statuses) in [
        // project: list, one, create; group: list, one, create; all
        ("stranger", [404, 404, 404, 404, 404, 404, 403]),
        ("guest", [403, 403, 403, 403, 403, 403, 403]),
        ("developer", [403, 403, 403, 403, 403, 403, 403]),
        ("maintainer", [200, 200, 201, 200, 200, 403, 403]),
        ("owner", [200, 200, 201, 200, 200, 201, 403]),
        ("root", [200, 200, 201, 200, 200, 201, 200]),
    ] {
        let token = app.token(user, "api").await;
        let status = async |method: &str, path: &str| {
            let body = if method == "POST" {
                wanted()
            } else {
                Value::Null
            };
            app.api((method, path), &token, body).await.status.as_u16()
        };
        let got = [
            status("GET", OF_PROJECT).await,
            status("GET", &format!("{OF_PROJECT}/{of_project}")).await,
            status("POST", OF_PROJECT).await,
            status("GET", OF_GROUP).await,
            status("GET", &format!("{OF_GROUP}/{of_group}")).await,
            status("POST", OF_GROUP).await,
            status("GET", "/deploy_tokens").await,
        ];
        assert_eq!(got, statuses, "{user}");
    }
    for (user, path, status) in [
        ("developer", format!("{OF_PROJECT}/{of_project}"), 403),
        ("maintainer", format!("{OF_GROUP}/{of_group}"), 403),
        ("maintainer", format!("{OF_PROJECT}/{of_project}"), 204),
        ("owner", format!("{OF_GROUP}/{of_group}"), 204),
    ] {
        let token = app.token(user, "api").await;
        let reply = app.api(("DELETE", &path), &token, Value::Null).await;
        assert_eq!(reply.status, status, "{user} {path}");
    }
    // Reading needs read_api, changing needs api.
    let reader = app.token("owner", "read_api").await;
    assert_eq!(
        app.api(("GET", OF_GROUP), &reader, Value::Null)
            .await
            .status,
        200
    );
    let refused = app.api(("POST", OF_GROUP), &reader, wanted()).await;
    assert_eq!(refused.json()["error"], "insufficient_scope");
}

/// An id is looked for in the place that is named, whoever may see it elsewhere
/// (docs/incidents.md: Harbor CVE-2022-31667).
#[tokio::test]
async fn a_deploy_token_of_another_place_is_not_found() {
    let app = start().await;
    let owner = app.token("owner", "api").await;
    let root = app.token("root", "api").await;
    let of_group = made(&app, OF_GROUP, &root, wanted()).await["id"].to_string();
    let elsewhere = made(&app, "/projects/open%2Fapp/deploy_tokens", &root, wanted()).await;
    for id in [
        of_group.clone(),
        elsewhere["id"].to_string(),
        "999".to_owned(),
    ] {
        for method in ["GET", "DELETE"] {
            let path = format!("{OF_PROJECT}/{id}");
            let reply = app.api((method, &path), &owner, Value::Null).await;
            assert_eq!(reply.status, 404, "{method} {path}");
        }
    }
    // A group is no project, and the other way round.
    for path in [
        "/projects/team/deploy_tokens",
        "/groups/team%2Fapp/deploy_tokens",
    ] {
        let reply = app.api(("GET", path), &root, Value::Null).await;
        assert_eq!(reply.status, 404, "{path}");
    }
    let secret = elsewhere["token"].as_str().unwrap();
    let name = elsewhere["username"].as_str().unwrap();
    assert_eq!(app.ask(Some((name, secret)), &[]).await.status, 200);
}

#[tokio::test]
async fn what_cannot_be_read_is_a_400_that_names_the_field() {
    let app = start().await;
    let owner = app.token("owner", "api").await;
    let error = async |body: Value| {
        let reply: Reply = app.api(("POST", OF_GROUP), &owner, body).await;
        assert_eq!(reply.status, 400, "{}", reply.body);
        reply.json()["error"].as_str().unwrap().to_owned()
    };
    assert_eq!(error(json!({})).await, "name is missing, scopes is missing");
    for scopes in [
        json!([]),
        json!(["api"]),
        json!(["read_registry", "read_repository"]),
    ] {
        let body = json!({ "name": "ci", "scopes": scopes });
        assert_eq!(error(body).await, "scopes does not have a valid value");
    }
    for (field, value) in [
        ("name", json!("a\nb")),
        ("name", json!("")),
        ("username", json!("a b")),
        ("expires_at", json!("soon")),
    ] {
        let mut body = wanted();
        body[field] = value;
        assert_eq!(error(body).await, format!("{field} is invalid"));
    }
    for (end, kept) in [
        (json!(""), Value::Null),
        (
            json!("2026-04-01T12:00:00"),
            json!("2026-04-01T12:00:00.000Z"),
        ),
    ] {
        let mut body = wanted();
        body["expires_at"] = end;
        assert_eq!(made(&app, OF_GROUP, &owner, body).await["expires_at"], kept);
    }
    let reply = app
        .api(("GET", &format!("{OF_GROUP}/x")), &owner, Value::Null)
        .await;
    assert_eq!(reply.json()["error"], "token_id is invalid");
}

#[tokio::test]
async fn lists_can_be_narrowed_to_those_that_work() {
    let app = start().await;
    let owner = app.token("owner", "api").await;
    let mut ended = wanted();
    ended["expires_at"] = "2020-01-01".into();
    let ended = made(&app, OF_GROUP, &owner, ended).await["id"].clone();
    let working = made(&app, OF_GROUP, &owner, wanted()).await["id"].clone();
    let ids = async |query: &str| {
        let path = format!("{OF_GROUP}{query}");
        let list = app.api(("GET", &path), &owner, Value::Null).await.json();
        let ids = list
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["id"].clone());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(ids("").await, [ended.clone(), working.clone()]);
    assert_eq!(ids("?active=True").await, [working]);
    assert_eq!(ids("?active=false").await, [ended]);
}
