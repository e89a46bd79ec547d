//! What Wharfinger was made for: the statements about personal access tokens, each a test.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use chrono::Duration;
use serde_json::{Value, json};
use wharfinger::domain::expiry::Expiry;
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::admin::operations::{Others, description, operations};
use crate::harness::World;

const PULL: &str = "repository:team/app:pull";

/// Makes a token for alice.
async fn create(world: &World, body: Value) -> Value {
    let path = format!(
        "{}/personal_access_tokens",
        world.app.user_path("alice").await
    );
    let reply = world.root.post(&path, body).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    reply.json()
}

#[tokio::test]
async fn you_can_create_as_many_tokens_as_you_like() {
    let world = World::start().await;
    for _ in 0..30 {
        let body = json!({ "name": "the same name", "scopes": ["read_registry"] });
        create(&world, body).await;
    }
    let reply = world.alice.get("/personal_access_tokens").await;
    assert_eq!(reply.header("x-total"), "31");
}

#[tokio::test]
async fn a_token_has_a_name_optionally_an_expiry_date_and_the_scopes_you_choose() {
    let world = World::start().await;
    let endless = json!({ "name": "endless", "scopes": ["read_user"] });
    let endless = create(&world, endless).await;
    assert_eq!(
        (&endless["name"], &endless["expires_at"]),
        (&json!("endless"), &Value::Null)
    );
    let ending =
        json!({ "name": "ending", "scopes": ["api", "read_registry"], "expires_at": "2026-04-01" });
    let ending = create(&world, ending).await;
    assert_eq!(ending["expires_at"], "2026-04-01");
    assert_eq!(ending["scopes"], json!(["api", "read_registry"]));
    assert_eq!(ending["active"], true);
}

#[tokio::test]
async fn a_token_is_shown_once_and_never_again_by_any_endpoint() {
    let world = World::start().await;
    let created = create(&world, json!({ "name": "ci", "scopes": ["api"] })).await;
    let holder = world.alice.holding(&created);
    let (secret, one) = (holder.secret(), holder.token_path());
    world.app.project("team/app", Visibility::Private).await;
    world.app.member("team", "alice", "owner").await;
    let machines = [
        world.app.machine("team", "read_registry").await,
        world.app.machine("team/app", "read_registry").await,
    ];
    let secrets = [secret, machines[0].secret(), machines[1].secret()];
    let ids = Others {
        user: created["user_id"].as_i64().unwrap(),
        token: holder.token_id.0,
        group: world.app.id_at("team").await,
        project: world.app.id_at("team/app").await,
    };
    let description = description(&world.app).await;
    let mut operations = operations(&world.app).await;
    operations.retain(|operation| operation.method == "GET");
    let (mut shown, all) = (0, operations.len());
    for operation in &operations {
        let (_, needed) = operation.parameters(&description);
        for caller in [&holder, &world.root] {
            let needed = Value::Object(needed.clone());
            let reply = operation.call_with(caller, &ids, needed).await;
            shown += usize::from(reply.status == StatusCode::OK);
            let (name, link) = (operation.name(), reply.header("link"));
            let is_in = |secret: &&str| reply.body.contains(secret) || link.contains(secret);
            assert!(!secrets.iter().any(is_in), "{name}: {}", reply.body);
            assert!(!reply.body.contains("\"token\":"), "{name}: {}", reply.body);
        }
    }
    assert!(
        shown > all,
        "{shown} of {all} addresses, each for two callers"
    );
    let renamed = holder.patch(&one, json!({ "name": "renamed" })).await;
    assert_eq!(renamed.json()["name"], "renamed");
    assert!(renamed.json().get("token").is_none());
    let jwt = holder.ask(&[]).await;
    assert!(!jwt.body.contains(secret));
}

#[tokio::test]
async fn a_token_can_be_revoked_at_any_moment_with_effect_at_once_everywhere() {
    let world = World::start().await;
    let created = create(&world, json!({ "name": "ci", "scopes": ["api"] })).await;
    let holder = world.alice.holding(&created);
    let works = async || {
        let registry = holder.ask(&[PULL]).await.status;
        (registry, holder.get("/user").await.status)
    };
    assert_eq!(works().await, (StatusCode::OK, StatusCode::OK));
    let path = holder.token_path();
    assert_eq!(
        world.root.delete(&path).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        works().await,
        (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED)
    );
    let token = world.root.get(&path).await.json();
    assert_eq!(
        (&token["revoked"], &token["active"]),
        (&json!(true), &json!(false))
    );
}

#[tokio::test]
async fn an_expired_token_works_nowhere() {
    let World { app, .. } = World::start().await;
    let tomorrow = Expiry::on(app.now().date_naive() + Duration::days(1));
    let token = app
        .actor_with("alice", "api", |token| token.expiring(Some(tomorrow)))
        .await;
    assert_eq!(token.get("/user").await.status, StatusCode::OK);
    app.clock.advance(Duration::days(1));
    let reply = token.get("/user").await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(reply.json()["error"], "invalid_token");
    let registry = token.ask(&[]).await;
    assert_eq!(registry.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_is_passed_as_private_token_parameter_or_header() {
    let World { app, root, .. } = World::start().await;
    let secret = root.secret();
    let by_query = Request::get(format!("/api/v4/user?private_token={secret}")).body(Body::empty());
    let by_header = Request::get("/api/v4/user")
        .header("PRIVATE-TOKEN", secret)
        .body(Body::empty());
    let by_bearer = Request::get("/api/v4/user")
        .header(header::AUTHORIZATION, format!("Bearer {secret}"))
        .body(Body::empty());
    for request in [by_query, by_header, by_bearer] {
        let reply = app.send_admin(request.unwrap()).await;
        assert_eq!(reply.json()["username"], "root");
    }
    let form = format!("private_token={secret}&username=bob");
    let by_form = Request::post("/api/v4/users")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let reply = app
        .send_admin(by_form.body(Body::from(form)).unwrap())
        .await;
    assert_eq!(
        (reply.status, &reply.json()["username"]),
        (StatusCode::CREATED, &json!("bob"))
    );
    let body = json!({ "private_token": secret, "username": "carol" });
    let reply = app.anonymous().post("/users", body).await;
    assert_eq!(reply.status, StatusCode::CREATED);
}

#[tokio::test]
async fn read_user_opens_only_get_under_user_and_users() {
    let World { app, .. } = World::start().await;
    let token = app.actor("root", "read_user").await;
    let root = app.user_path("root").await;
    for path in ["/user".to_owned(), "/users".to_owned(), root.clone()] {
        assert_eq!(token.get(&path).await.status, StatusCode::OK, "{path}");
    }
    for (method, path) in [
        ("GET", "/version".to_owned()),
        ("GET", "/personal_access_tokens".to_owned()),
        ("GET", "/personal_access_tokens/1".to_owned()),
        ("DELETE", "/personal_access_tokens/1".to_owned()),
        ("POST", "/users".to_owned()),
        ("POST", format!("{root}/block")),
        ("POST", format!("{root}/personal_access_tokens")),
    ] {
        let reply = token.call(method, &path, json!({})).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{method} {path}");
        assert_eq!(reply.json()["error"], "insufficient_scope");
    }
    let registry = token.ask(&[PULL]).await;
    assert_eq!(registry.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn api_opens_everything_its_owner_may_do() {
    let World { app, root, alice } = World::start().await;
    app.project("team/app", Visibility::Private).await;
    app.member("team", "alice", "developer").await;
    let scopes = ["repository:team/app:pull,push,delete"];
    let granted = alice.granted(&scopes).await;
    assert_eq!(
        granted,
        ["repository:team/app:pull,push"],
        "what a developer may do, no more"
    );
    assert_eq!(
        alice.get("/personal_access_tokens").await.status,
        StatusCode::OK
    );
    let user = json!({ "username": "x" });
    assert_eq!(
        alice.post("/users", user.clone()).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(root.post("/users", user).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn read_registry_pulls_and_opens_nothing_else() {
    let World { app, .. } = World::start().await;
    app.project("team/app", Visibility::Private).await;
    app.member("team", "root", "owner").await;
    let token = app.actor("root", "read_registry").await;
    let scopes = ["repository:team/app:pull,push,delete", "registry:catalog:*"];
    let granted = token.granted(&scopes).await;
    assert_eq!(granted, [PULL]);
    for (method, path) in [
        ("GET", "/user"),
        ("GET", "/users"),
        ("GET", "/personal_access_tokens"),
        ("GET", "/version"),
    ] {
        let reply = token.call(method, path, Value::Null).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{path}");
    }
    let own = token.get("/personal_access_tokens/self").await;
    assert_eq!(
        own.status,
        StatusCode::OK,
        "a token may look at itself, as in GitLab"
    );
}
