//! Web pages that ask for tokens from a browser, such as the UI of a registry.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{Reply, TestApp, basic};

const PAGE: &str = "https://ui.example.com";
const ASKED: &str = "/jwt/auth?service=container_registry";

async fn start() -> TestApp {
    let app = TestApp::start_with(
        "[token]\ncors_origins = [\"https://UI.example.com/\", \"http://localhost:8080\"]",
    )
    .await;
    app.user("alice").await;
    app.project("team/app", Visibility::Private).await;
    app.project("open/app", Visibility::Public).await;
    app.member("team", "alice", "reporter").await;
    app
}

/// Sends what a browser sends for a page of that origin.
async fn send(app: &TestApp, origin: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = Request::get(path).header(header::ORIGIN, origin);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.send(request.body(Body::empty()).unwrap()).await
}

async fn preflight(app: &TestApp, origin: &str) -> Reply {
    let request = Request::options(ASKED)
        .header(header::ORIGIN, origin)
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "GET")
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "authorization");
    app.send(request.body(Body::empty()).unwrap()).await
}

/// The rights that the reply gives to the page of an origin.
fn rights(reply: &Reply) -> [&str; 5] {
    [
        "access-control-allow-origin",
        "access-control-allow-credentials",
        "access-control-allow-methods",
        "access-control-allow-headers",
        "vary",
    ]
    .map(|name| reply.header(name))
}

#[tokio::test]
async fn a_preflight_of_a_listed_origin_is_204_with_credentials() {
    let app = start().await;
    for origin in [PAGE, "http://localhost:8080"] {
        let reply = preflight(&app, origin).await;
        assert_eq!(reply.told(), "204");
        let headers = "authorization, content-type";
        assert_eq!(
            rights(&reply),
            [origin, "true", "GET, POST", headers, "Origin"]
        );
    }
    for other in [
        "https://evil.example.com",
        "null",
        "http://ui.example.com",
        "https://ui.example.com:8443",
    ] {
        let reply = preflight(&app, other).await;
        assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED, "{other}");
        assert_eq!(rights(&reply), ["", "", "", "", "Origin"], "{other}");
    }
}

#[tokio::test]
async fn a_page_is_asked_for_a_login_if_it_would_get_nothing() {
    let app = start().await;
    let private = format!("{ASKED}&scope=repository:team/app:pull");
    let public = format!("{ASKED}&scope=repository:open/app:pull");
    for path in [&private, ASKED] {
        let reply = send(&app, PAGE, path, &[]).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{path}");
        assert!(reply.header("www-authenticate").starts_with("Basic realm="));
        assert_eq!(rights(&reply), [PAGE, "true", "", "", "Origin"]);
    }
    let reply = send(&app, PAGE, &public, &[]).await;
    assert_eq!(reply.granted(&app.keys), ["repository:open/app:pull"]);
    assert_eq!(rights(&reply), [PAGE, "true", "", "", "Origin"]);
    let token = app.actor("alice", "read_registry").await;
    let credential = basic("alice", token.secret());
    let credential = [("authorization", credential.as_str())];
    let reply = send(&app, PAGE, &private, &credential).await;
    assert_eq!(reply.granted(&app.keys), ["repository:team/app:pull"]);
    let nothing = format!("{ASKED}&scope=repository:team/app:push");
    let reply = send(&app, PAGE, &nothing, &credential).await;
    assert_eq!(
        reply.status,
        StatusCode::OK,
        "whoever logged in gets the part that is allowed"
    );
    // Programs, and pages of others, get what they always get.
    for origin in ["https://evil.example.com", ""] {
        let reply = send(&app, origin, &private, &[]).await;
        assert_eq!(reply.status, StatusCode::OK, "{origin}");
        assert_eq!(reply.header("access-control-allow-origin"), "");
    }
    assert_eq!(
        app.anonymous().ask_at(&private).await.status,
        StatusCode::OK
    );
}

/// Browsers name no origin when a page asks its own.
#[tokio::test]
async fn a_page_of_our_own_origin_is_asked_for_a_login_if_it_is_listed() {
    let own = "public_url = \"https://registry.example.com/auth\"";
    let private = format!("{ASKED}&scope=repository:team/app:pull");
    let asked = async |app: &TestApp, site: &str, mode: &str| {
        let request = Request::get(&private)
            .header("sec-fetch-site", site)
            .header("sec-fetch-mode", mode);
        let reply = app.send(request.body(Body::empty()).unwrap()).await;
        reply.status.as_u16()
    };
    for (listed, expected) in [
        (
            "\"https://ui.example.com\", \"https://registry.example.com\"",
            401,
        ),
        (
            "\"https://ui.example.com\", \"http://registry.example.com\"",
            200,
        ),
        ("", 200),
    ] {
        let configuration = format!("[token]\n{own}\ncors_origins = [{listed}]");
        let app = TestApp::start_with(&configuration).await;
        assert_eq!(
            asked(&app, "same-origin", "cors").await,
            expected,
            "{listed}"
        );
        for (site, mode) in [
            ("same-origin", "navigate"),
            ("same-site", "cors"),
            ("cross-site", "cors"),
            ("none", "navigate"),
        ] {
            assert_eq!(asked(&app, site, mode).await, 200, "{site} {mode}");
        }
    }
}

#[tokio::test]
async fn without_origins_no_page_may_ask() {
    let app = TestApp::start().await;
    let reply = preflight(&app, PAGE).await;
    assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(rights(&reply), [""; 5]);
    let reply = send(&app, PAGE, ASKED, &[]).await;
    assert_eq!((reply.status, rights(&reply)), (StatusCode::OK, [""; 5]));
    let request = Request::get("/api/v4/user").header(header::ORIGIN, PAGE);
    let reply = app.send_admin(request.body(Body::empty()).unwrap()).await;
    assert_eq!(rights(&reply), [""; 5]);
}
