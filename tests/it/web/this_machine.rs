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
