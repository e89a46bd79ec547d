//! The cookie: its name, its attributes, and where it counts.

use axum::body::Body;
use axum::http::{Request, header};

use crate::harness::{Browser, PASSWORD, TestApp, World};

/// The line that a sign-in sets.
async fn set_cookie(app: &TestApp) -> String {
    let fields = [("username", "alice"), ("password", PASSWORD)];
    let reply = app.browser().post("/sign_in", &fields).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    assert_eq!(reply.headers.get_all(header::SET_COOKIE).iter().count(), 1);
    reply.header("set-cookie").to_owned()
}

#[tokio::test]
async fn the_cookie_is_for_this_host_alone_and_for_no_script() {
    let https = "[admin]\npublic_url = \"https://auth.example.com/images\"\n";
    let app = TestApp::start_with(https).await;
    app.user("alice").await;
    let line = set_cookie(&app).await;
    assert!(line.starts_with("__Host-wharfinger-"), "{line}");
    let (_, attributes) = line.split_once(';').unwrap();
    assert_eq!(
        attributes,
        " Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure"
    );
}

/// Safari takes no `Secure` cookie from `http://localhost`.
#[tokio::test]
async fn over_plain_http_on_this_machine_the_cookie_works_in_every_browser() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let line = set_cookie(&app).await;
    assert!(line.starts_with("wharfinger-"), "{line}");
    assert!(
        line.ends_with("; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax"),
        "{line}"
    );
}

#[tokio::test]
async fn services_on_other_ports_of_a_host_have_cookies_of_other_names() {
    let name = async |port: u16| {
        let url = format!("[admin]\npublic_url = \"http://localhost:{port}\"\n");
        let app = TestApp::start_with(&url).await;
        app.user("alice").await;
        set_cookie(&app).await.split_once('=').unwrap().0.to_owned()
    };
    assert_ne!(name(5002).await, name(6002).await);
}

#[tokio::test]
async fn a_sign_in_makes_a_new_id_whatever_was_sent() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.user("mallory").await;
    let attacker = app.signed_in("mallory").await;
    let planted = attacker.cookies();
    let victim = app.browser();
    victim.take_cookie(&planted);
    victim
        .post("/sign_in", &[("username", "alice"), ("password", PASSWORD)])
        .await;
    assert_ne!(victim.cookies(), planted);
    assert!(victim.open("/").await.text().contains("alice"));
    let attacker = attacker.open("/access_tokens").await;
    assert_eq!(
        attacker.heading(),
        "Sign in",
        "the session that was planted has ended"
    );
}

#[tokio::test]
async fn a_cookie_opens_no_api_and_a_token_no_page() {
    let World { app, alice, .. } = World::start().await;
    let browser = app.signed_in("alice").await;
    let secret = browser.cookies().split_once('=').unwrap().1.to_owned();
    for request in [
        Request::get("/api/v4/user").header(header::COOKIE, browser.cookies()),
        Request::get("/api/v4/user").header("private-token", &secret),
        Request::get("/api/v4/user").header(header::AUTHORIZATION, format!("Bearer {secret}")),
    ] {
        let reply = app.send_admin(request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, 401, "{}", reply.body);
    }
    let (name, _) = browser
        .cookies()
        .split_once('=')
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .unwrap();
    let leads_to_the_sign_in = async |browser: Browser| {
        let page = browser.open("/access_tokens").await;
        assert_eq!(page.heading(), "Sign in");
    };
    let token = alice.secret();
    leads_to_the_sign_in(app.browser().with("private-token", token)).await;
    leads_to_the_sign_in(
        app.browser()
            .with("authorization", &format!("Bearer {token}")),
    )
    .await;
    let with_token = app.browser();
    with_token.take_cookie(&format!("{name}={token}"));
    leads_to_the_sign_in(with_token).await;
    leads_to_the_sign_in(app.browser()).await;
    let query = app
        .browser()
        .open(&format!("/access_tokens?private_token={token}"))
        .await;
    assert_eq!(query.heading(), "Sign in");
}

#[tokio::test]
async fn pages_are_kept_by_nobody_and_framed_by_nobody() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let browser = app.signed_in("alice").await;
    let stranger = app.browser();
    let replies = [
        browser.get("/access_tokens").await,
        browser.get("/").await,
        stranger.get("/access_tokens").await,
        stranger.get("/sign_in").await,
        stranger.post("/sign_in", &[("username", "x")]).await,
        stranger.get("/nothing").await,
        stranger.send("PUT", "/sign_in", None).await,
        browser.post("/sign_out", &[]).await,
    ];
    for reply in replies {
        assert_eq!(reply.header("cache-control"), "no-store");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert_eq!(reply.header("referrer-policy"), "same-origin");
        assert_eq!(reply.header("cross-origin-opener-policy"), "same-origin");
        let policy = reply.header("content-security-policy");
        for part in [
            "default-src 'none'; ",
            "style-src 'self'; ",
            "script-src 'self'; ",
            "img-src 'self' data:; ",
            "form-action 'self'; ",
            "base-uri 'none'; ",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{policy}");
        }
        for inline in ["<style", "style=", " onclick", "<script>"] {
            assert!(!reply.body.contains(inline), "{inline}: {}", reply.body);
        }
    }
}

/// Other services of the host set them, below a path or in a domain above.
#[tokio::test]
async fn cookies_of_others_sign_nobody_out_whatever_bytes_they_have() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let browser = app.signed_in("alice").await;
    let name = browser.cookies().split('=').next().unwrap().to_owned();
    browser.take_cookie("city=Zürich");
    browser.take_cookie(&format!("a{name}=other"));
    browser.take_cookie(&format!("{name}x=other"));
    let page = browser.open("/access_tokens").await;
    assert_eq!(page.heading(), "Personal access tokens");
}
