//! Input that no client should send: a 4xx that says what is wrong, and the server lives.

use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, StatusCode, header};

use crate::harness::TestApp;

const LOGIN: &str = "/jwt/auth?service=container_registry";

async fn status_with_header(app: &TestApp, value: &[u8]) -> StatusCode {
    let value = HeaderValue::from_bytes(value).unwrap();
    let request = Request::get(LOGIN)
        .header(header::AUTHORIZATION, value)
        .body(Body::empty())
        .unwrap();
    let reply = app.send(request).await;
    assert!(reply.json()["errors"][0]["message"].is_string());
    reply.status
}

/// GitLab #536823: a header that was missing or garbled was a 500.
#[tokio::test]
async fn garbled_and_huge_authorization_headers_are_wrong_credentials() {
    let app = TestApp::start().await;
    let huge = format!("Basic {}", "QUFB".repeat(50_000));
    let odd: [&[u8]; 12] = [
        b"",
        b" ",
        b"Basic",
        b"Basic  ",
        b"Basic ====",
        b"Basic !",
        b"Bearer x.y.z",
        b"Negotiate abc",
        b"Basic /////w==",
        b"\xff\xfe",
        b"Basic AGE6YgA=",
        huge.as_bytes(),
    ];
    for value in odd {
        assert_eq!(
            status_with_header(&app, value).await,
            StatusCode::UNAUTHORIZED
        );
    }
    assert_eq!(app.anonymous().ask_at(LOGIN).await.status, StatusCode::OK);
}

#[tokio::test]
async fn queries_that_no_client_sends_are_a_400_with_a_clear_body() {
    let app = TestApp::start().await;
    let scopes = "&scope=repository:a:pull".repeat(200);
    let one_scope = format!("&scope={}", "repository:a:pull+".repeat(101));
    let long = format!("&x={}", "y".repeat(16 * 1024));
    for (query, told) in [
        (
            scopes.as_str(),
            "200 scopes are too many; a request may name at most 100",
        ),
        (
            &one_scope,
            "101 scopes are too many; a request may name at most 100",
        ),
        (
            &long,
            "the request is longer than 16 KiB; ask for fewer scopes at a time",
        ),
        (
            "&scope=repository:a%00:pull",
            "the parameter `scope` is not printable UTF-8",
        ),
        (
            "&scope=%ff%fe",
            "the parameter `scope` is not printable UTF-8",
        ),
        ("&service=other", "the parameter `service` is given twice"),
    ] {
        let reply = app.anonymous().ask_at(&format!("{LOGIN}{query}")).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{told}");
        assert_eq!(reply.json()["details"], told);
    }
    for path in [
        "/jwt/auth?service=a%00b",
        "/jwt/auth?service=%C3%28",
        "/jwt/auth?%%%&=&&",
    ] {
        assert_eq!(
            app.anonymous().ask_at(path).await.status,
            StatusCode::BAD_REQUEST,
            "{path}"
        );
    }
    assert_eq!(app.anonymous().ask_at(LOGIN).await.status, StatusCode::OK);
}

#[tokio::test]
async fn scopes_that_mean_nothing_are_ignored() {
    let app = TestApp::start().await;
    for scope in [
        "x",
        ":::",
        "repository:../../etc:pull",
        "repository:A:pull",
        "registry:catalog:search",
        "repository:a/*:pull",
    ] {
        let reply = app.anonymous().ask(&[scope]).await;
        assert_eq!(reply.granted(&app.keys), Vec::<String>::new(), "{scope}");
    }
}

#[tokio::test]
async fn other_methods_and_paths_get_a_hint() {
    let app = TestApp::start().await;
    for (method, path, status) in [
        (Method::DELETE, LOGIN, StatusCode::METHOD_NOT_ALLOWED),
        (
            Method::PUT,
            "/.well-known/jwks.json",
            StatusCode::METHOD_NOT_ALLOWED,
        ),
        (Method::GET, "/v2/", StatusCode::UNAUTHORIZED),
        (Method::GET, "/not-a-registry", StatusCode::FORBIDDEN),
        (
            Method::GET,
            "/v2/team/app/manifests/1",
            StatusCode::NOT_FOUND,
        ),
        (Method::GET, "/nothing", StatusCode::NOT_FOUND),
        (Method::GET, "/api/v4/users", StatusCode::NOT_FOUND),
    ] {
        let reply = app
            .send(
                Request::builder()
                    .method(method)
                    .uri(path)
                    .body(Body::empty())
                    .unwrap(),
            )
            .await;
        assert_eq!(reply.status, status, "{path}");
        assert_eq!(
            reply.json()["details"],
            reply.json()["errors"][0]["message"]
        );
    }
    let hint = app.anonymous().ask_at("/v2/").await.json();
    assert!(
        hint["details"]
            .as_str()
            .unwrap()
            .contains("log in to the registry's host")
    );
}

/// Docker shows what the address says to which `/v2/` sends it.
#[tokio::test]
async fn whoever_takes_a_listener_for_a_registry_is_told_the_address_to_use() {
    let app = TestApp::start().await;
    let request = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    for (port, first, second) in [
        (
            5001,
            app.send(request("/v2/")).await,
            app.send(request("/not-a-registry?account=a")).await,
        ),
        (
            5002,
            app.send_admin(request("/v2/")).await,
            app.send_admin(request("/not-a-registry")).await,
        ),
        (
            5003,
            app.ops("/v2/").await,
            app.ops("/not-a-registry").await,
        ),
    ] {
        let host = if port == 5003 {
            "127.0.0.1"
        } else {
            "localhost"
        };
        let challenge = format!(
            "Bearer realm=\"http://{host}:{port}/not-a-registry\",service=\"not-a-registry\""
        );
        assert_eq!(
            (first.status, first.header("www-authenticate")),
            (StatusCode::UNAUTHORIZED, &*challenge)
        );
        assert_eq!(second.status, StatusCode::FORBIDDEN);
        let json = second.json();
        assert_eq!(json["errors"][0]["code"], "DENIED");
        let told = json["errors"][0]["message"].as_str().unwrap();
        assert!(told.contains("log in to the registry's host"), "{told}");
    }
    // Nobody configures an address of ops for clients: it is the one at which they are.
    let request = Request::get("/v2/").header("host", "ops.example:5003");
    let reply = app.send_ops(request.body(Body::empty()).unwrap()).await;
    let challenge =
        "Bearer realm=\"http://ops.example:5003/not-a-registry\",service=\"not-a-registry\"";
    assert_eq!(reply.header("www-authenticate"), challenge);
}
