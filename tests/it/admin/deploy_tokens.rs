//! The deploy tokens of groups and projects, and the list of all.

use serde_json::{Value, json};
use wharfinger::domain::expiry::Expiry;
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{Actor, Reply, TestApp};

const OF_PROJECT: &str = "/projects/team%2Fapp/deploy_tokens";
const OF_GROUP: &str = "/groups/team/deploy_tokens";

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

async fn made(by: &Actor, path: &str, body: Value) -> Value {
    let reply = by.post(path, body).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    reply.json()
}

#[tokio::test]
async fn a_deploy_token_is_made_shown_and_revoked_as_in_gitlab() {
    let app = start().await;
    let maintainer = app.actor("maintainer", "api").await;
    let body = json!({
        "name": "ci", "scopes": ["write_registry", "read_registry"], "username": "robot",
        "expires_at": "2099-01-01T10:00:00Z",
    });
    let created = made(&maintainer, OF_PROJECT, body).await;
    let secret = created["token"].as_str().unwrap().to_owned();
    let mut expected = json!({
        "id": created["id"], "name": "ci", "username": "robot", "expires_at": "2099-01-01T10:00:00.000Z",
        "scopes": ["read_registry", "write_registry"], "revoked": false, "expired": false,
        "full_path": "team/app", "token": secret,
    });
    assert_eq!(created, expected);
    assert_eq!(app.caller("robot", &secret).ask(&[]).await.status, 200);

    expected.as_object_mut().unwrap().remove("token");
    let one = format!("{OF_PROJECT}/{}", created["id"]);
    let got = maintainer.get(&one).await;
    assert_eq!(got.json(), expected);
    let listed = maintainer.get(OF_PROJECT).await;
    assert_eq!(listed.json(), json!([expected]));
    assert_eq!(listed.header("x-total"), "1");

    let gone = maintainer.delete(&one).await;
    assert_eq!((gone.status.as_u16(), gone.body.as_str()), (204, ""));
    assert_eq!(app.caller("robot", &secret).ask(&[]).await.status, 401);
    for method in ["GET", "DELETE"] {
        let reply = maintainer.call(method, &one, Value::Null).await;
        assert_eq!(reply.status, 404);
        assert_eq!(
            reply.json(),
            json!({ "message": "404 Deploy Token Not Found" })
        );
    }
    let listed = maintainer.get(OF_PROJECT).await;
    assert_eq!(listed.json(), json!([]));
    // Whoever looks after the whole instance still sees that it was there.
    let root = app.actor("root", "api").await;
    let all = root.get("/deploy_tokens").await;
    expected["revoked"] = true.into();
    assert_eq!(all.json(), json!([expected]));
}

/// A deploy token of the project, and one of the group.
async fn one_of_each(app: &TestApp) -> (String, String) {
    let root = app.actor("root", "api").await;
    let of_project = made(&root, OF_PROJECT, wanted()).await;
    let of_group = made(&root, OF_GROUP, wanted()).await;
    (
        format!("{OF_PROJECT}/{}", of_project["id"]),
        format!("{OF_GROUP}/{}", of_group["id"]),
    )
}

/// A project's are a Maintainer's; a group's are listed by Maintainers and managed by Owners.
#[tokio::test]
async fn each_role_may_what_gitlab_says_and_strangers_learn_nothing() {
    let app = start().await;
    let (of_project, of_group) = one_of_each(&app).await;
    for (user, statuses) in [
        // project: list, one, create; group: list, one, create; all
        ("stranger", [404, 404, 404, 404, 404, 404, 403]),
        ("guest", [403, 403, 403, 403, 403, 403, 403]),
        ("developer", [403, 403, 403, 403, 403, 403, 403]),
        ("maintainer", [200, 200, 201, 200, 200, 403, 403]),
        ("owner", [200, 200, 201, 200, 200, 201, 403]),
        ("root", [200, 200, 201, 200, 200, 201, 200]),
    ] {
        let caller = app.actor(user, "api").await;
        let got = [
            caller.get(OF_PROJECT).await,
            caller.get(&of_project).await,
            caller.post(OF_PROJECT, wanted()).await,
            caller.get(OF_GROUP).await,
            caller.get(&of_group).await,
            caller.post(OF_GROUP, wanted()).await,
            caller.get("/deploy_tokens").await,
        ];
        let got = got.map(|reply| reply.status.as_u16());
        assert_eq!(got, statuses, "{user}");
    }
}

#[tokio::test]
async fn maintainers_revoke_those_of_a_project_and_owners_those_of_a_group() {
    let app = start().await;
    let (of_project, of_group) = one_of_each(&app).await;
    for (user, path, status) in [
        ("developer", &of_project, 403),
        ("maintainer", &of_group, 403),
        ("maintainer", &of_project, 204),
        ("owner", &of_group, 204),
    ] {
        let caller = app.actor(user, "api").await;
        assert_eq!(caller.delete(path).await.status, status, "{user} {path}");
    }
    // Reading needs read_api, changing needs api.
    let reader = app.actor("owner", "read_api").await;
    assert_eq!(reader.get(OF_GROUP).await.status, 200);
    let refused = reader.post(OF_GROUP, wanted()).await;
    assert_eq!(refused.json()["error"], "insufficient_scope");
}

/// An id is looked for in the place that is named, whoever may see it elsewhere
/// (docs/incidents.md: Harbor CVE-2022-31667).
#[tokio::test]
async fn a_deploy_token_of_another_place_is_not_found() {
    let app = start().await;
    let owner = app.actor("owner", "api").await;
    let root = app.actor("root", "api").await;
    let of_group = made(&root, OF_GROUP, wanted()).await["id"].to_string();
    let elsewhere = made(&root, "/projects/open%2Fapp/deploy_tokens", wanted()).await;
    for id in [
        of_group.clone(),
        elsewhere["id"].to_string(),
        "999".to_owned(),
    ] {
        for method in ["GET", "DELETE"] {
            let path = format!("{OF_PROJECT}/{id}");
            let reply = owner.call(method, &path, Value::Null).await;
            assert_eq!(reply.status, 404, "{method} {path}");
        }
    }
    // A group is no project, and the other way round.
    for path in [
        "/projects/team/deploy_tokens",
        "/groups/team%2Fapp/deploy_tokens",
    ] {
        let reply = root.get(path).await;
        assert_eq!(reply.status, 404, "{path}");
    }
    let secret = elsewhere["token"].as_str().unwrap();
    let name = elsewhere["username"].as_str().unwrap();
    assert_eq!(app.caller(name, secret).ask(&[]).await.status, 200);
}

#[tokio::test]
async fn what_cannot_be_read_is_a_400_that_names_the_field() {
    let app = start().await;
    let owner = app.actor("owner", "api").await;
    let error = async |body: Value| {
        let reply: Reply = owner.post(OF_GROUP, body).await;
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
    let line = "name is invalid: a name is 1 to 255 characters on one line";
    let user = "username is invalid: a deploy token's user name is 1 to 255 letters, digits and `.`, `+`, `_` or `-`";
    for (field, value, told) in [
        ("name", json!("a\nb"), line),
        ("name", json!(""), line),
        ("username", json!("a b"), user),
        ("username", json!(" x".repeat(20)), user),
        ("expires_at", json!("soon"), "expires_at is invalid"),
    ] {
        let mut body = wanted();
        body[field] = value;
        assert_eq!(error(body).await, told);
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
        assert_eq!(made(&owner, OF_GROUP, body).await["expires_at"], kept);
    }
    let reply = owner.get(&format!("{OF_GROUP}/x")).await;
    assert_eq!(reply.json()["error"], "token_id is invalid");
}

#[tokio::test]
async fn lists_can_be_narrowed_to_those_that_work() {
    let app = start().await;
    let owner = app.actor("owner", "api").await;
    let mut ended = wanted();
    ended["expires_at"] = "2020-01-01".into();
    let ended = made(&owner, OF_GROUP, ended).await["id"].clone();
    let working = made(&owner, OF_GROUP, wanted()).await["id"].clone();
    let ids = async |query: &str| {
        let path = format!("{OF_GROUP}{query}");
        let list = owner.get(&path).await.json();
        let ids = list
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["id"].clone());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(ids("").await, [ended.clone(), working.clone()]);
    assert_eq!(ids("?active=True").await, std::slice::from_ref(&working));
    assert_eq!(ids("?active=false").await, [ended, working], "no filter");
}

#[tokio::test]
async fn a_misspelt_field_makes_no_deploy_token() {
    let app = start().await;
    let owner = app.actor("owner", "api").await;
    for path in [OF_PROJECT, OF_GROUP] {
        let mut body = wanted();
        body["expire_at"] = "2099-01-01".into();
        let reply = owner.post(path, body).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(reply.told(), @r#"400 {"error":"expire_at is not a parameter here; there is name, scopes, username, expires_at"}"#);
        }
        let mut secret = wanted();
        secret[owner.secret()] = "".into();
        let reply = owner.post(path, secret).await;
        assert!(
            reply.body.contains("a field of the request"),
            "{}",
            reply.body
        );
        assert!(!reply.body.contains("whf_pat_"));
        assert_eq!(owner.read(path).await, json!([]));
    }
}

#[tokio::test]
async fn a_deploy_token_lasts_no_longer_than_the_token_and_the_role_that_make_it() {
    let app = start().await;
    let root = app.actor("root", "api").await;
    let end = |date: &str| Some(Expiry::on(date.parse().unwrap()));
    app.user("temp").await;
    let body = json!({
        "user_id": app.id_of("temp").await, "access_level": 50, "expires_at": "2026-05-01"
    });
    root.post("/groups/team/members", body).await;
    let temp = app.actor("temp", "api").await;
    let short = app
        .actor_with("owner", "api", |token| token.expiring(end("2026-04-01")))
        .await;
    for (by, last, later, why) in [
        (
            &temp,
            "2026-05-01",
            "2026-05-02",
            "your role here ends then",
        ),
        (
            &short,
            "2026-04-01",
            "2026-04-02",
            "the token that it is made with ends then",
        ),
    ] {
        for path in [OF_PROJECT, OF_GROUP] {
            let endless = made(by, path, wanted()).await;
            assert_eq!(endless["expires_at"], format!("{last}T00:00:00.000Z"));
            let mut body = wanted();
            body["expires_at"] = later.into();
            let refused = by.post(path, body.clone()).await;
            assert_eq!(
                refused.told(),
                format!(
                    r#"400 {{"message":{{"expires_at":["must not be after {last}: {why}"]}}}}"#
                )
            );
            body["expires_at"] = "2026-03-20".into();
            made(by, path, body).await;
        }
    }
    assert_eq!(
        made(&root, OF_GROUP, wanted()).await["expires_at"],
        Value::Null
    );
}
