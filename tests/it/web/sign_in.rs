//! Signing in and out.

use chrono::Duration;

use crate::harness::{PASSWORD, TestApp, World};

#[tokio::test]
async fn somebody_signs_in_sees_their_tokens_and_signs_out() {
    let app = TestApp::start().await;
    app.user("alice").await;
    for name in ["alice", "Alice@Example.com", " ALICE "] {
        let browser = app.browser();
        let page = browser.open("/").await;
        assert_eq!(
            (page.path.as_str(), page.heading().as_str()),
            ("/sign_in", "Sign in")
        );
        let typed = [("username", name), ("password", PASSWORD)];
        let page = browser.press(&page, "Sign in", &typed).await;
        assert_eq!(page.path, "/access_tokens", "{}", page.body);
        assert_eq!(page.heading(), "Personal access tokens");
        assert!(page.text().contains("alice Sign out"), "{}", page.text());
        let signed_in = browser.cookies();
        let page = browser.press(&page, "Sign out", &[]).await;
        assert_eq!(
            (page.path.as_str(), browser.cookies().as_str()),
            ("/sign_in", "")
        );
        browser.take_cookie(&signed_in);
        assert_eq!(browser.open("/access_tokens").await.heading(), "Sign in");
    }
    assert_eq!(
        app.last_audited().await,
        "alice session.ended An unknown browser"
    );
}

#[tokio::test]
async fn the_sign_in_leads_to_the_page_that_was_wanted() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let browser = app.browser();
    let wanted = browser.open("/access_tokens?page=2&x=%26").await;
    assert_eq!(
        wanted.path,
        "/sign_in?next=%2Faccess_tokens%3Fpage%3D2%26x%3D%2526"
    );
    let typed = [("username", "alice"), ("password", "wrong")];
    let again = browser.press(&wanted, "Sign in", &typed).await;
    let typed = [("username", "alice"), ("password", PASSWORD)];
    let page = browser.press(&again, "Sign in", &typed).await;
    assert_eq!(page.path, "/access_tokens?page=2&x=%26");
    let page = browser.open("/sign_in?next=/access_tokens%3Fpage=3").await;
    assert_eq!(
        page.path, "/access_tokens?page=3",
        "they are signed in already"
    );
}

#[tokio::test]
async fn nothing_leads_to_another_site() {
    let app = TestApp::start().await;
    app.user("alice").await;
    for next in [
        "//evil.example",
        "https://evil.example/access_tokens",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "\n//evil.example",
        "/.//evil.example",
        "javascript:alert(1)",
        "evil.example",
    ] {
        let browser = app.browser();
        let mut query = form_urlencoded::Serializer::new("/sign_in?".to_owned());
        query.append_pair("next", next);
        let page = browser.open(&query.finish()).await;
        let fields = [
            ("username", "alice"),
            ("password", PASSWORD),
            ("next", next),
        ];
        let reply = browser.post("/sign_in", &fields).await;
        assert_eq!(
            (reply.status.as_u16(), reply.header("location")),
            (303, "/access_tokens"),
            "{next}"
        );
        assert_eq!(page.value("next"), "/access_tokens", "{next}");
        let signed_in = browser.get(&page.path).await;
        assert_eq!(signed_in.header("location"), "/access_tokens", "{next}");
    }
}

#[tokio::test]
async fn every_cause_has_one_message_and_what_was_typed_stays() {
    let World { app, alice, .. } = World::start().await;
    app.create_user("robot", false, None).await;
    app.user("mallory").await;
    app.block("mallory").await;
    for (name, password) in [
        ("alice", "wrong password"),
        ("nobody", PASSWORD),
        ("robot", PASSWORD),
        ("mallory", PASSWORD),
        ("alice", alice.secret()),
        ("<script>\"'&", "x"),
        ("", ""),
    ] {
        let browser = app.browser();
        let page = browser.sign_in(name, password).await;
        assert_eq!(page.status, 422, "{name}");
        assert!(
            page.text()
                .contains("The username, email or password is wrong."),
            "{}",
            page.text()
        );
        assert_eq!(page.value("username"), name);
        assert!(!page.body.contains("<script>\"") && page.value("password").is_empty());
        assert_eq!(browser.cookies(), "");
    }
    let page = app.browser().sign_in(alice.secret(), "x").await;
    assert_eq!(
        page.value("username"),
        "",
        "a token in the wrong field is not repeated"
    );
}

#[tokio::test]
async fn failed_sign_ins_wait_like_other_logins() {
    let app = TestApp::start_with("[failed_logins]\nfree = 2\n").await;
    app.user("alice").await;
    let browser = app.browser();
    for wrong in ["wrong 1", "wrong 2", "wrong 3"] {
        browser.sign_in("alice", wrong).await;
    }
    let page = browser.sign_in("alice", PASSWORD).await;
    assert_eq!(page.status, 429);
    assert_eq!(page.header("retry-after"), "1");
    assert!(
        page.text()
            .contains("Too many sign-ins failed. Try again in 1 second."),
        "{}",
        page.text()
    );
    assert_eq!(page.value("username"), "alice");
    let login = app.login("alice").at("192.0.2.1").ask(&[]).await;
    assert_eq!(login.status, 429, "they count together");
    app.clock.advance(Duration::seconds(2));
    assert_eq!(browser.sign_in("alice", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_sign_in_is_in_the_audit_log_and_so_is_a_refused_one() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    app.browser()
        .with("user-agent", firefox)
        .sign_in("alice", PASSWORD)
        .await;
    let event = app.last_event().await;
    assert_eq!(
        app.last_audited().await,
        "alice user.signed_in alice with Firefox on Linux"
    );
    assert_eq!(
        (event.face.as_deref(), event.address.as_deref()),
        (Some("web"), Some("192.0.2.1"))
    );
    app.browser().sign_in("alice", "wrong").await;
    app.service.observations.write().await.unwrap();
    let event = app.last_event().await;
    assert_eq!(
        (event.action.as_str(), event.face.as_deref()),
        ("user.sign_in_refused", Some("web"))
    );
}

#[tokio::test]
async fn signing_in_all_day_fills_no_audit_log() {
    let World { app, root, .. } = World::start().await;
    let seen = async || {
        let root = app.again(&root);
        let events = root.read("/audit_events?action=user.signed_in").await;
        events.as_array().unwrap().len()
    };
    let sign_in = async |address: &str, agent: &str| {
        let browser = app.browser().from(address).with("user-agent", agent);
        let page = browser.sign_in("alice", PASSWORD).await;
        assert_eq!(page.path, "/access_tokens", "{}", page.body);
    };
    app.login("alice").at("203.0.113.7").ask(&[]).await;
    app.service.observations.write().await.unwrap();
    assert_eq!(seen().await, 1, "a login to a registry");
    for _ in 0..4 {
        sign_in("203.0.113.7", "Firefox/140.0").await;
    }
    assert_eq!(seen().await, 2, "the first of these is another thing");
    sign_in("203.0.113.8", "Firefox/140.0").await;
    assert_eq!(seen().await, 3, "another address");
    sign_in("203.0.113.7", "curl/8.0").await;
    assert_eq!(seen().await, 4, "another device");
    for network in 0..10 {
        sign_in(&format!("198.51.{network}.1"), "curl/8.0").await;
    }
    assert_eq!(seen().await, 6, "five in a minute are enough");
    app.clock.advance(Duration::hours(1));
    sign_in("203.0.113.7", "Firefox/140.0").await;
    assert_eq!(seen().await, 7, "another hour");
}

/// There is nothing to compute, and nobody guesses so.
#[tokio::test]
async fn an_empty_password_is_refused_before_anything_is_asked() {
    let app = TestApp::start_with("[failed_logins]\nfree = 1\n").await;
    app.user("alice").await;
    let inside = app.signed_in("alice").await;
    let computed = || app.service.issuer.admission.passwords.numbers().computed;
    let before = computed();
    for _ in 0..3 {
        let page = app.browser().sign_in("alice", "").await;
        assert_eq!(page.status, 422);
        let problem = "The username, email or password is wrong.";
        assert!(page.text().contains(problem), "{}", page.text());
        let typed = [
            ("current", ""),
            ("new", "another horse battery"),
            ("repeated", "another horse battery"),
        ];
        let page = inside.open("/profile/password").await;
        let page = inside.press(&page, "Change password", &typed).await;
        assert_eq!(page.status, 422);
        let problem = "This is not your current password.";
        assert!(page.text().contains(problem), "{}", page.text());
    }
    assert_eq!(computed(), before);
    let page = app.browser().sign_in("alice", PASSWORD).await;
    assert_eq!(page.status, 200, "nothing was counted");
}
