//! `POST /jwt/auth`, and the refresh tokens that it is for.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use chrono::Duration;
use secrecy::SecretString;
use serde_json::{Value, json};
use wharfinger::domain::authority::Authority;
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{PASSWORD, Reply, TestApp};

const PULL: &str = "repository:team/app:pull";

async fn start() -> TestApp {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.project("team/app", Visibility::Private).await;
    app.member("team", "alice", "developer").await;
    app
}

async fn post(app: &TestApp, fields: &[(&str, &str)]) -> Reply {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        form.append_pair(name, value);
    }
    send(
        app,
        "/jwt/auth",
        "application/x-www-form-urlencoded; charset=utf-8",
        form.finish(),
    )
    .await
}

async fn send(app: &TestApp, path: &str, kind: &str, body: String) -> Reply {
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, kind)
        .body(Body::from(body))
        .unwrap();
    app.send(request).await
}

fn by_password<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let base = [
        ("grant_type", "password"),
        ("service", "container_registry"),
        ("username", "alice"),
        ("password", PASSWORD),
    ];
    [&base[..], more].concat()
}

fn by_refresh<'a>(token: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let base = [
        ("grant_type", "refresh_token"),
        ("service", "container_registry"),
        ("refresh_token", token),
    ];
    [&base[..], more].concat()
}

async fn refresh_token(app: &TestApp) -> String {
    let reply = post(
        app,
        &by_password(&[("access_type", "offline"), ("client_id", "docker")]),
    )
    .await;
    reply.json()["refresh_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_password_in_a_form_is_like_one_in_the_header() {
    let app = start().await;
    let reply = post(
        &app,
        &by_password(&[
            (
                "scope",
                "repository:team/app:pull repository:team/app:pull,push",
            ),
            ("client_id", "containerd-client"),
        ]),
    )
    .await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.granted(&app.keys), ["repository:team/app:pull,push"]);
    let json = reply.json();
    assert_eq!(json["token"], json["access_token"]);
    assert_eq!(json["scope"], "repository:team/app:pull,push");
    assert!(json.get("refresh_token").is_none(), "it was not asked for");
    let repeated = post(
        &app,
        &by_password(&[("scope", PULL), ("scope", "repository:team/other:pull")]),
    )
    .await;
    assert_eq!(
        repeated.granted(&app.keys),
        [PULL, "repository:team/other:pull"]
    );
}

#[tokio::test]
async fn a_personal_access_token_is_a_password_but_gets_no_refresh_token() {
    let app = start().await;
    let token = app.token("alice", "read_registry").await;
    let fields = [
        ("grant_type", "password"),
        ("service", "container_registry"),
        ("username", "x"),
        ("password", token.secret.expose()),
        ("access_type", "offline"),
        ("scope", PULL),
    ];
    let reply = post(&app, &fields).await;
    assert_eq!(reply.granted(&app.keys), [PULL]);
    assert!(reply.json().get("refresh_token").is_none());
    let by_get = "/jwt/auth?service=container_registry&offline_token=true";
    let reply = app.get(by_get, Some(("x", token.secret.expose()))).await;
    assert!(reply.json().get("refresh_token").is_none());
}

#[tokio::test]
async fn a_wrong_password_is_401_and_never_404() {
    let app = start().await;
    let wrong = [
        ("grant_type", "password"),
        ("service", "container_registry"),
        ("username", "alice"),
        ("password", "wrong"),
    ];
    let posted = post(&app, &wrong).await;
    assert_eq!(posted.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        posted.body,
        app.ask(Some(("alice", "wrong")), &[]).await.body,
        "the one body"
    );
    let also_malformed = [
        ("grant_type", "password"),
        ("username", "alice"),
        ("password", "wrong"),
    ];
    assert_eq!(
        post(&app, &also_malformed).await.status,
        StatusCode::UNAUTHORIZED,
        "a bad credential wins"
    );
    let empty = [
        ("grant_type", "password"),
        ("service", "container_registry"),
        ("username", "alice"),
        ("password", ""),
    ];
    assert_eq!(post(&app, &empty).await.status, StatusCode::UNAUTHORIZED);
    for text in ["junk", "whf_rt_junk", PASSWORD] {
        assert_eq!(
            post(&app, &by_refresh(text, &[])).await.status,
            StatusCode::UNAUTHORIZED
        );
    }
}

#[tokio::test]
async fn malformed_forms_are_400_with_errors() {
    let app = start().await;
    for (fields, told) in [
        (vec![], "the field `grant_type` is missing"),
        (
            vec![("grant_type", "client_credentials")],
            "the field `grant_type` is password or refresh_token",
        ),
        (
            vec![("grant_type", "password"), ("username", "alice")],
            "the field `password` is missing",
        ),
        (
            vec![("grant_type", "refresh_token")],
            "the field `refresh_token` is missing",
        ),
        (
            by_password(&[("access_type", "forever")]),
            "the field `access_type` is online or offline",
        ),
        (
            by_password(&[("service", "other")]),
            "the parameter `service` is given twice",
        ),
        (
            by_password(&[("scope", "a\0b")]),
            "the parameter `scope` is not printable UTF-8",
        ),
    ] {
        let reply = post(&app, &fields).await;
        assert_eq!(
            (reply.status, &reply.json()["errors"][0]["message"]),
            (StatusCode::BAD_REQUEST, &json!(told))
        );
    }
    let form = "grant_type=password".to_owned();
    assert_eq!(
        send(&app, "/jwt/auth", "application/json", form.clone())
            .await
            .status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        send(&app, "/jwt/auth", "", form).await.status,
        StatusCode::BAD_REQUEST
    );
    let long = format!("grant_type=password&x={}", "y".repeat(70 * 1024));
    assert_eq!(
        send(&app, "/jwt/auth", "application/x-www-form-urlencoded", long)
            .await
            .status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn parameters_in_the_address_of_a_post_do_not_authenticate() {
    let app = start().await;
    let path = format!(
        "/jwt/auth?grant_type=password&service=container_registry&username=alice&password={}",
        PASSWORD.replace(' ', "+")
    );
    let reply = send(
        &app,
        &path,
        "application/x-www-form-urlencoded",
        String::new(),
    )
    .await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_refresh_token_stands_for_the_login_and_stays_the_same() {
    let app = start().await;
    let token = refresh_token(&app).await;
    assert!(token.starts_with("whf_rt_"));
    for _ in 0..2 {
        let reply = post(&app, &by_refresh(&token, &[("scope", PULL)])).await;
        assert_eq!(reply.granted(&app.keys), [PULL]);
        assert_eq!(reply.claims(&app.keys)["sub"], "alice");
    }
    let again = post(&app, &by_refresh(&token, &[("access_type", "offline")])).await;
    assert_eq!(again.json()["refresh_token"], *token);
    // containerd falls back to GET with an empty name and the refresh token as the password.
    let by_get = app.ask(Some(("", &token)), &[PULL]).await;
    assert_eq!(by_get.granted(&app.keys), [PULL]);
    let catalog = post(
        &app,
        &by_refresh(&token, &[("scope", "registry:catalog:*")]),
    )
    .await;
    assert_eq!(
        catalog.granted(&app.keys),
        Vec::<String>::new(),
        "a login is no `api`"
    );
}

#[tokio::test]
async fn docker_login_gets_a_refresh_token_by_get() {
    let app = start().await;
    let path =
        "/jwt/auth?account=alice&client_id=docker&offline_token=true&service=container_registry";
    let reply = app.get(path, Some(("alice", PASSWORD))).await;
    let token = reply.json()["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(
        post(&app, &by_refresh(&token, &[])).await.status,
        StatusCode::OK
    );
    assert!(
        app.get(path, None)
            .await
            .json()
            .get("refresh_token")
            .is_none(),
        "anonymous callers get none"
    );
}

#[tokio::test]
async fn a_refresh_token_is_bound_to_its_service() {
    let configuration =
        "[[registry]]\nservice = \"container_registry\"\n[[registry]]\nservice = \"other\"\n";
    let app = TestApp::start_with(configuration).await;
    app.user("alice").await;
    let token = refresh_token(&app).await;
    let elsewhere = [
        ("grant_type", "refresh_token"),
        ("service", "other"),
        ("refresh_token", token.as_str()),
    ];
    assert_eq!(
        post(&app, &elsewhere).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        app.get("/jwt/auth?service=other", Some(("", &token)))
            .await
            .status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        post(&app, &by_refresh(&token, &[])).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_malformed_question_is_400_beside_a_refresh_token_too() {
    let app = start().await;
    let token = refresh_token(&app).await;
    let no_service = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token.as_str()),
    ];
    for fields in [
        no_service.to_vec(),
        by_refresh(&token, &[("access_type", "forever")]),
        by_refresh(&token, &[("service", "again")]),
    ] {
        let reply = post(&app, &fields).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.body);
    }
    let by_get = "/jwt/auth?service=container_registry&offline_token=maybe";
    let reply = app.get(by_get, Some(("", &token))).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.body);
    app.block("alice").await;
    assert_eq!(
        post(&app, &no_service).await.status,
        StatusCode::UNAUTHORIZED,
        "a bad credential wins"
    );
}

#[tokio::test]
async fn use_keeps_a_refresh_token_alive_with_the_shortest_idle_timeout() {
    let app = TestApp::start_with("[refresh_tokens]\nidle_timeout = \"5m\"\n").await;
    app.user("alice").await;
    let token = refresh_token(&app).await;
    for _ in 0..4 {
        app.clock.advance(Duration::minutes(4));
        assert_eq!(
            post(&app, &by_refresh(&token, &[])).await.status,
            StatusCode::OK
        );
    }
    app.clock.advance(Duration::minutes(5));
    assert_eq!(
        post(&app, &by_refresh(&token, &[])).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_refresh_token_ends_with_idleness_age_password_block_or_revocation() {
    let configuration = "[refresh_tokens]\nidle_timeout = \"10d\"\nlifetime = \"30d\"\n";
    let app = TestApp::start_with(configuration).await;
    app.user("alice").await;
    let name = "alice".try_into().unwrap();
    let operator = Authority::operator();
    let works =
        async |token: &str| post(&app, &by_refresh(token, &[])).await.status == StatusCode::OK;

    let idle = refresh_token(&app).await;
    let used = refresh_token(&app).await;
    for _ in 0..3 {
        app.clock.advance(Duration::days(9));
        assert!(works(&used).await, "use keeps it alive");
    }
    assert!(!works(&idle).await);
    app.clock.advance(Duration::days(4));
    assert!(!works(&used).await, "but not beyond its lifetime");

    let token = refresh_token(&app).await;
    app.desk.block_user(&operator, &name).await.unwrap();
    assert!(!works(&token).await);
    app.desk.unblock_user(&operator, &name).await.unwrap();
    assert!(!works(&token).await, "a block ends it for good");
    let token = refresh_token(&app).await;
    app.desk
        .reset_password(
            &operator,
            &name,
            SecretString::from(PASSWORD).try_into().unwrap(),
        )
        .await
        .unwrap();
    assert!(!works(&token).await);

    let token = refresh_token(&app).await;
    let api = app.token("alice", "api").await;
    let listed = app
        .api(("GET", "/refresh_tokens"), &api, Value::Null)
        .await
        .json();
    let last = listed.as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&last["service"], &last["client_id"], &last["active"]),
        (&json!("container_registry"), &json!("docker"), &json!(true))
    );
    assert!(!listed.to_string().contains("whf_rt_"));
    let path = format!("/refresh_tokens/{}", last["id"]);
    app.user("bob").await;
    let bob = app.token("bob", "api").await;
    assert_eq!(
        app.api(("DELETE", &path), &bob, Value::Null).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        app.api(("GET", "/refresh_tokens"), &bob, Value::Null)
            .await
            .json(),
        json!([])
    );
    assert!(works(&token).await);
    assert_eq!(
        app.api(("DELETE", &path), &api, Value::Null).await.status,
        StatusCode::NO_CONTENT
    );
    assert!(!works(&token).await);
}

#[tokio::test]
async fn refresh_tokens_that_have_ended_are_purged() {
    let app = start().await;
    refresh_token(&app).await;
    let lifetimes = wharfinger::domain::refresh_tokens::RefreshLifetimes {
        idle: std::time::Duration::from_hours(1),
        absolute: std::time::Duration::from_hours(2),
    };
    assert_eq!(app.desk.purge_refresh_tokens(&lifetimes).await.unwrap(), 0);
    app.clock.advance(Duration::hours(1));
    assert_eq!(app.desk.purge_refresh_tokens(&lifetimes).await.unwrap(), 1);
}
