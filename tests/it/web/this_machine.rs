//! Pages over plain HTTP, which open on the machine itself only.

use crate::harness::{PASSWORD, TestApp};

const PROXIED: &str = "[admin]\ntrusted_proxies = [\"203.0.113.0/24\"]\n";

#[tokio::test]
async fn over_plain_http_no_password_is_asked_for_or_taken_over_a_network() {
    let app = TestApp::start_with(PROXIED).await;
    app.user("alice").await;
    for (host, from, status) in [
        ("localhost:5002", "192.0.2.1", 200),
        ("127.0.0.1:5002", "192.0.2.1", 200),
        ("[::1]:5002", "192.0.2.1", 200),
        ("auth.localhost", "192.0.2.1", 200),
        ("192.0.2.9:5002", "192.0.2.1", 421),
        ("auth.example.com", "192.0.2.1", 421),
        ("localhost.example.com:5002", "192.0.2.1", 421),
        ("", "192.0.2.1", 421),
        // A proxy on this machine, and one that is trusted.
        ("backend:8080", "127.0.0.1", 200),
        ("backend:8080", "203.0.113.7", 200),
    ] {
        let browser = app.browser().with("host", host).from(from);
        let page = browser.open("/sign_in").await;
        let seen = page.status.as_u16();
        assert_eq!(seen, status, "{host:?} from {from}");
        if status == 421 {
            assert_eq!(page.heading(), "Not over plain HTTP");
            assert!(page.text().contains("admin.public_url"), "{}", page.body);
            let typed = [("username", "alice"), ("password", PASSWORD)];
            let reply = browser.post("/sign_in", &typed).await;
            assert_eq!(
                (reply.status.as_u16(), browser.cookies().as_str()),
                (421, "")
            );
        }
    }
}

#[tokio::test]
async fn the_api_and_pages_with_https_are_for_all_hosts() {
    let app = TestApp::start().await;
    let elsewhere = |app: &TestApp| app.browser().with("host", "auth.example.com:5002");
    assert_eq!(elsewhere(&app).get("/api/docs").await.status, 200);
    let https = "[admin]\npublic_url = \"https://auth.example.com\"\n";
    let app = TestApp::start_with(https).await;
    assert_eq!(elsewhere(&app).get("/sign_in").await.status, 200);
}

/// Its browser drops the cookie, which is for HTTPS only, and would ask for the password over and over.
#[tokio::test]
async fn where_the_pages_have_https_no_password_is_taken_over_plain_http() {
    let https = "[admin]\npublic_url = \"https://auth.example.com\"\n";
    let app = TestApp::start_with(https).await;
    app.user("alice").await;
    for (host, origin, status) in [
        ("auth.example.com:5002", "http://auth.example.com:5002", 421),
        ("192.0.2.9:5002", "http://192.0.2.9:5002", 421),
        ("auth.example.com", "https://auth.example.com", 303),
        // A proxy that speaks TLS, and plain HTTP to us.
        ("backend:8080", "https://auth.example.com", 303),
        // Browsers keep such cookies of their own machine.
        ("localhost:5002", "http://localhost:5002", 303),
        ("127.0.0.1:5002", "http://127.0.0.1:5002", 303),
    ] {
        let browser = app.browser().with("host", host).with("origin", origin);
        let typed = [("username", "alice"), ("password", PASSWORD)];
        let reply = browser.post("/sign_in", &typed).await;
        assert_eq!(reply.status.as_u16(), status, "{origin}");
        assert_eq!(browser.cookies().is_empty(), status == 421, "{origin}");
        let told = "<h1>Not over plain HTTP</h1>";
        assert_eq!(reply.body.contains(told), status == 421, "{}", reply.body);
    }
}
