//! `POST /jwt/auth` with a password.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::harness::{PASSWORD, Reply, TestApp, basic};
use crate::token::forms::{Form, post};
use crate::token::start;

const PULL: &str = "repository:team/app:pull";

#[tokio::test]
async fn a_password_in_a_form_is_like_one_in_the_header() {
    let app = start().await;
    let twice = "repository:team/app:pull repository:team/app:pull,push";
    let form = Form::password("alice", PASSWORD)
        .with("scope", twice)
        .with("client_id", "containerd-client");
    let reply = form.post(&app).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.granted(&app.keys), ["repository:team/app:pull,push"]);
    let json = reply.json();
    assert_eq!(json["token"], json["access_token"]);
    assert_eq!(json["scope"], "repository:team/app:pull,push");
    assert!(json.get("refresh_token").is_none(), "it was not asked for");
    let form = Form::password("alice", PASSWORD)
        .with("scope", PULL)
        .with("scope", "repository:team/other:pull");
    let repeated = form.post(&app).await;
    assert_eq!(
        repeated.granted(&app.keys),
        [PULL, "repository:team/other:pull"]
    );
}

#[tokio::test]
async fn a_personal_access_token_is_a_password_but_gets_no_refresh_token() {
    let app = start().await;
    let token = app.actor("alice", "read_registry").await;
    let form = Form::password("x", token.secret())
        .with("access_type", "offline")
        .with("scope", PULL);
    let reply = form.post(&app).await;
    assert_eq!(reply.granted(&app.keys), [PULL]);
    assert!(reply.json().get("refresh_token").is_none());
    let by_get = "/jwt/auth?service=container_registry&offline_token=true";
    let reply = app.caller("x", token.secret()).ask_at(by_get).await;
    assert!(reply.json().get("refresh_token").is_none());
}

/// Files and Kubernetes secrets often end in a newline.
#[tokio::test]
async fn a_token_with_a_newline_behind_it_works_and_a_password_with_one_is_another() {
    let app = start().await;
    let token = app.actor("alice", "read_registry").await;
    let machine = app.machine("team/app", "read_registry").await;
    let machine_name = format!("deploy-token-{}", machine.token_id);
    let by_get = format!("/jwt/auth?service=container_registry&scope={PULL}");
    for (name, secret) in [("alice", token.secret()), (&machine_name, machine.secret())] {
        for end in ["\n", "\r\n"] {
            let secret = format!("{secret}{end}");
            let got = app.caller(name, &secret).ask_at(&by_get).await;
            assert_eq!(got.granted(&app.keys), [PULL], "{name} {end:?}");
            let form = Form::password(name, &secret).with("scope", PULL);
            assert_eq!(form.post(&app).await.granted(&app.keys), [PULL]);
        }
    }
    let password = format!("{PASSWORD}\n");
    let refused = app.caller("alice", &password).ask_at(&by_get).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_wrong_password_is_401_and_never_404() {
    let app = start().await;
    let posted = Form::password("alice", "wrong").post(&app).await;
    assert_eq!(posted.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        posted.body,
        app.caller("alice", "wrong").ask(&[]).await.body,
        "the one body"
    );
    let also_malformed = Form::grant("password")
        .with("username", "alice")
        .with("password", "wrong");
    assert_eq!(
        also_malformed.post(&app).await.status,
        StatusCode::UNAUTHORIZED,
        "a bad credential wins"
    );
    let empty = Form::password("alice", "");
    assert_eq!(empty.post(&app).await.status, StatusCode::UNAUTHORIZED);
    for text in ["junk", "whf_rt_junk", PASSWORD] {
        let form = Form::refresh_token(text);
        assert_eq!(form.post(&app).await.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn malformed_forms_are_400_with_errors() {
    let app = start().await;
    let login = Form::password("alice", PASSWORD);
    for (form, told) in [
        (Form::empty(), "the field `grant_type` is missing"),
        (
            Form::grant("client_credentials"),
            "the field `grant_type` is password or refresh_token",
        ),
        (
            Form::grant("password").with("username", "alice"),
            "the field `password` is missing",
        ),
        (
            Form::grant("refresh_token"),
            "the field `refresh_token` is missing",
        ),
        (
            login.clone().with("access_type", "forever"),
            "the field `access_type` is online or offline",
        ),
        (
            login.clone().with("service", "other"),
            "the parameter `service` is given twice",
        ),
        (
            login.with("scope", "a\0b"),
            "the parameter `scope` is not printable UTF-8",
        ),
    ] {
        let reply = form.post(&app).await;
        assert_eq!(
            (reply.status, &reply.json()["errors"][0]["message"]),
            (StatusCode::BAD_REQUEST, &json!(told))
        );
    }
}

#[tokio::test]
async fn what_is_no_form_or_too_long_is_400() {
    let app = start().await;
    let status = async |kind: &str, body: String| post(&app, "/jwt/auth", kind, body).await.status;
    let form = "grant_type=password".to_owned();
    assert_eq!(
        status("application/json", form.clone()).await,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(status("", form).await, StatusCode::BAD_REQUEST);
    let long = format!("grant_type=password&x={}", "y".repeat(70 * 1024));
    assert_eq!(
        status("application/x-www-form-urlencoded", long).await,
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
    let kind = "application/x-www-form-urlencoded";
    let reply = post(&app, &path, kind, String::new()).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
}

/// Posts a login, its fields encoded already.
async fn posted(app: &TestApp, name: &str, secret: &str) -> Reply {
    let fields = format!("username={name}&password={secret}&scope={PULL}");
    let body = format!("grant_type=password&service=container_registry&{fields}");
    post(app, "/jwt/auth", "application/x-www-form-urlencoded", body).await
}

#[tokio::test]
async fn odd_letters_make_a_wrong_credential_and_beside_a_token_mean_nothing() {
    let app = start().await;
    let token = app.actor("alice", "read_registry").await;
    let wrong = app.caller("alice", "wrong").ask(&[]).await.told();
    for odd in ["%00", "a%0Ab", "%FF%FE", "%C3%28", "\u{FFFD}", "%7F"] {
        assert_eq!(posted(&app, odd, "wrong").await.told(), wrong, "{odd}");
        assert_eq!(posted(&app, "alice", odd).await.told(), wrong, "{odd}");
        let form =
            format!("grant_type=refresh_token&service=container_registry&refresh_token={odd}");
        let kind = "application/x-www-form-urlencoded";
        assert_eq!(
            post(&app, "/jwt/auth", kind, form).await.told(),
            wrong,
            "{odd}"
        );
        let good = posted(&app, odd, token.secret()).await;
        assert_eq!(good.granted(&app.keys), [PULL], "{odd}");
    }
    for name in [&b"\0a"[..], b"\xff\xfe", b"a\nb"] {
        let pair = [name, b":", token.secret().as_bytes()].concat();
        let value = format!("Basic {}", STANDARD.encode(pair));
        let request = Request::get("/jwt/auth?service=container_registry")
            .header(header::AUTHORIZATION, value)
            .body(Body::empty());
        assert_eq!(app.send(request.unwrap()).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_header_beside_the_credential_of_a_form_is_refused() {
    let app = start().await;
    let token = app.actor("alice", "read_registry").await;
    let form = format!(
        "grant_type=password&service=container_registry&username=alice&password={}",
        token.secret()
    );
    for other in [basic("alice", token.secret()), "Bearer x".to_owned()] {
        let request = Request::post("/jwt/auth")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::AUTHORIZATION, other)
            .body(Body::from(form.clone()));
        let reply = app.send(request.unwrap()).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        let told = reply.json()["details"].to_string();
        assert!(told.contains("two credentials are one too many"), "{told}");
    }
}

#[tokio::test]
async fn a_field_that_is_repeated_with_the_same_value_passes() {
    let app = start().await;
    let once = Form::password("alice", PASSWORD).with("scope", PULL);
    let twice = once
        .with("service", "container_registry")
        .with("username", "alice")
        .with("grant_type", "password")
        .with("password", PASSWORD)
        .with("client_id", "docker")
        .with("client_id", "docker");
    assert_eq!(twice.clone().post(&app).await.granted(&app.keys), [PULL]);
    for (name, other) in [("username", "bob"), ("service", "x"), ("password", "")] {
        let reply = twice.clone().with(name, other).post(&app).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{name}");
    }
    let query = "/jwt/auth?service=container_registry&service=container_registry&offline_token=true&offline_token=true";
    assert_eq!(
        app.login("alice").ask_at(query).await.status,
        StatusCode::OK
    );
}
