//! Requests that pages of other sites send in a visitor's name.

use crate::harness::{Browser, TestApp};

/// Signs out with these headers; true if it was done.
async fn signs_out(app: &TestApp, headers: &[(&'static str, &str)]) -> bool {
    let browser = app.signed_in("alice").await;
    let sending = headers.iter().fold(
        browser.beside(&browser),
        |browser: Browser, (name, value)| browser.with(name, value),
    );
    let reply = sending.post("/sign_out", &[]).await;
    let is_out = browser.open("/").await.heading() == "Sign in";
    match reply.status.as_u16() {
        303 => assert!(is_out),
        403 => assert!(!is_out && reply.body.contains("a page of another site")),
        status => panic!("{status}"),
    }
    is_out
}

#[tokio::test]
async fn what_another_site_sends_is_refused() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let host = ("host", "localhost:5002");
    for headers in [
        &[
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://evil.example"),
            host,
        ][..],
        // Another port of the same host.
        &[
            ("sec-fetch-site", "same-site"),
            ("origin", "http://localhost:8080"),
            host,
        ],
        &[("origin", "https://evil.example"), host],
        &[("origin", "null"), host],
        &[("origin", "https://localhost:5002.evil.example"), host],
        &[("sec-fetch-site", "cross-site"), host],
    ] {
        assert!(!signs_out(&app, headers).await, "{headers:?}");
    }
}

#[tokio::test]
async fn what_our_own_pages_send_is_taken() {
    let app = TestApp::start().await;
    app.user("alice").await;
    for headers in [
        &[
            ("sec-fetch-site", "same-origin"),
            ("origin", "http://localhost:5002"),
            ("host", "localhost:5002"),
        ][..],
        &[("sec-fetch-site", "none")],
        // An old browser.
        &[
            ("origin", "http://localhost:5002"),
            ("host", "localhost:5002"),
        ],
        // A client that is no browser.
        &[],
    ] {
        assert!(signs_out(&app, headers).await, "{headers:?}");
    }
}

#[tokio::test]
async fn a_proxy_may_write_another_host() {
    let proxied = "[admin]\npublic_url = \"https://auth.example.com\"\n";
    let app = TestApp::start_with(proxied).await;
    app.user("alice").await;
    let origin = ("origin", "https://auth.example.com");
    for host in ["backend:8080", "auth.example.com", "127.0.0.1:5002"] {
        assert!(signs_out(&app, &[origin, ("host", host)]).await, "{host}");
    }
}

#[tokio::test]
async fn a_sign_in_that_another_site_sends_is_refused() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let browser = app.browser().with("sec-fetch-site", "cross-site");
    let reply = browser.sign_in("alice", crate::harness::PASSWORD).await;
    assert_eq!(
        (reply.status.as_u16(), browser.cookies().as_str()),
        (403, "")
    );
    // Links from other sites work.
    assert_eq!(browser.open("/access_tokens").await.status, 200);
}

/// Scripts that call the API send no such headers, and pages of a registry's UI may.
#[tokio::test]
async fn the_api_does_not_mind() {
    let app = TestApp::start().await;
    app.administrator("root").await;
    let root = app.actor("root", "api").await;
    let request = axum::http::Request::post("/api/v4/users?username=bob")
        .header("private-token", root.secret())
        .header("sec-fetch-site", "cross-site")
        .header("origin", "https://evil.example");
    let reply = app
        .send_admin(request.body(axum::body::Body::empty()).unwrap())
        .await;
    assert_eq!(reply.status, 201, "{}", reply.body);
}
