//! Choosing one's own password: by wish, and because somebody else made the one that there is.

use secrecy::SecretString;
use wharfinger::domain::authority::Authority;

use crate::harness::{Browser, PASSWORD, TestApp, World, named};

const NEW: &str = "another good password";

/// Fills in the form of that page.
async fn change(browser: &Browser, (current, new): (&str, &str)) -> (u16, String) {
    let page = browser.open("/profile/password").await;
    let typed = [("current", current), ("new", new), ("repeated", new)];
    let page = browser.press(&page, "Change password", &typed).await;
    (page.status.as_u16(), page.text())
}

/// An operator gives them that password.
async fn reset(app: &TestApp, user: &str, password: &str) {
    let new = SecretString::from(password).try_into().unwrap();
    let operator = Authority::operator();
    app.desk
        .reset_password(&operator, &named(user), new)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions_and_refresh_tokens() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.user("bob").await;
    let token = app.actor("alice", "read_registry").await;
    let here = app.signed_in("alice").await;
    let (there, bob) = (app.signed_in("alice").await, app.signed_in("bob").await);
    let ask = "/jwt/auth?service=container_registry&offline_token=true";
    let refresh = app.login("alice").ask_at(ask).await.json()["refresh_token"].clone();
    let refresh = app.caller("alice", refresh.as_str().unwrap());
    assert!(refresh.works().await);
    let (status, text) = change(&here, (PASSWORD, NEW)).await;
    assert_eq!(status, 200, "{text}");
    assert!(
        text.contains("Profile You have a new password. Your other sessions have ended."),
        "{text}"
    );
    assert_eq!(there.open("/").await.heading(), "Sign in");
    for browser in [&here, &bob] {
        assert_ne!(browser.open("/").await.heading(), "Sign in");
    }
    assert!(!refresh.works().await && !app.login("alice").works().await);
    assert!(app.caller("alice", NEW).works().await && token.works().await);
    assert_eq!(
        app.last_audited().await,
        "alice user.password_changed alice"
    );
}

/// The address may be a bookmark, or somebody's link.
#[tokio::test]
async fn a_new_password_is_told_after_it_was_chosen_and_at_no_other_time() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let browser = app.signed_in("alice").await;
    let told = async || {
        let page = browser.open("/profile?changed=password").await;
        page.text().contains("You have a new password.")
    };
    assert!(!told().await, "it is the old one");
    change(&browser, (PASSWORD, NEW)).await;
    assert!(told().await);
    app.clock.advance(chrono::Duration::minutes(11));
    assert!(!told().await, "it is not that new");
}

/// Somebody copied the cookie, and that is why the password is changed.
#[tokio::test]
async fn a_cookie_that_was_copied_opens_nothing_after_a_new_password() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let own = app.signed_in("alice").await;
    let thief = app.browser();
    thief.take_cookie(&own.cookies());
    assert_eq!(thief.open("/profile").await.heading(), "Profile");
    let (status, text) = change(&own, (PASSWORD, NEW)).await;
    assert_eq!(status, 200, "{text}");
    assert_eq!(thief.open("/profile").await.heading(), "Sign in");
    assert_eq!(own.open("/profile").await.heading(), "Profile");
    let page = own.open("/profile/sessions").await;
    assert_eq!(page.body.matches("data-label=\"Signed in\"").count(), 1);
}

#[tokio::test]
async fn problems_stand_beside_their_fields_and_no_password_is_repeated() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let browser = app.signed_in("alice").await;
    for (current, new, told) in [
        ("wrong password", NEW, "This is not your current password."),
        (PASSWORD, "short", "A password has at least 8 characters."),
        (
            PASSWORD,
            "password123",
            "This password is one of the most common ones",
        ),
        (PASSWORD, "alice-2026!", "A password is not the user name"),
        (
            PASSWORD,
            "Alice@example.com",
            "A password is not the e-mail address",
        ),
        (
            PASSWORD,
            "whf_pat_and more",
            "A password does not begin with whf_pat_, whf_dpt_ or whf_rt_",
        ),
        (
            PASSWORD,
            PASSWORD,
            "This is your current password; choose another.",
        ),
    ] {
        let page = browser.open("/profile/password").await;
        let typed = [("current", current), ("new", new), ("repeated", new)];
        let page = browser.press(&page, "Change password", &typed).await;
        assert!(
            page.status == 422 && page.text().contains(told),
            "{new}: {}",
            page.text()
        );
        assert!(!page.body.contains(current) && !page.body.contains(&format!("\"{new}\"")));
        assert!(page.body.contains("aria-invalid=\"true\""));
    }
    let page = browser.open("/profile/password").await;
    let typed = [("current", PASSWORD), ("new", NEW), ("repeated", "other")];
    let page = browser.press(&page, "Change password", &typed).await;
    assert!(
        page.text().contains("The two new passwords differ."),
        "{}",
        page.text()
    );
    assert!(app.login("alice").works().await);
}

#[tokio::test]
async fn the_current_password_cannot_be_guessed_in_a_session() {
    let app = TestApp::start_with("[failed_logins]\nfree = 2\n").await;
    app.user("alice").await;
    let browser = app.signed_in("alice").await;
    for wrong in ["wrong one", "wrong two", "wrong three"] {
        change(&browser, (wrong, NEW)).await;
    }
    let (status, text) = change(&browser, (PASSWORD, NEW)).await;
    assert_eq!(status, 429);
    assert!(
        text.contains("wrong too often. Try again in 1 second."),
        "{text}"
    );
    app.clock.advance(chrono::Duration::seconds(2));
    assert_eq!(change(&browser, (PASSWORD, NEW)).await.0, 200);
}

#[tokio::test]
async fn whoever_got_a_password_from_others_chooses_their_own_first() {
    let app = TestApp::start().await;
    app.user("alice").await;
    reset(&app, "alice", "given by others").await;
    assert!(
        app.caller("alice", "given by others").works().await,
        "registries go on"
    );
    let browser = app.browser();
    let page = browser.open("/access_tokens?page=2").await;
    let typed = [("username", "alice"), ("password", "given by others")];
    let page = browser.press(&page, "Sign in", &typed).await;
    assert_eq!(page.heading(), "Choose a new password");
    for path in [
        "/",
        "/access_tokens",
        "/profile",
        "/profile/sessions",
        "/sign_in",
    ] {
        assert_eq!(
            browser.open(path).await.heading(),
            "Choose a new password",
            "{path}"
        );
    }
    let ended = browser.post("/profile/sessions/1/end", &[]).await;
    assert!(ended.header("location").starts_with("/profile/password"));
    let typed = [
        ("current", "given by others"),
        ("new", NEW),
        ("repeated", NEW),
    ];
    let page = browser.press(&page, "Change password", &typed).await;
    assert_eq!(
        (page.path.as_str(), page.heading().as_str()),
        ("/access_tokens?page=2", "Personal access tokens")
    );
    assert_eq!(browser.open("/profile").await.heading(), "Profile");
    let again = app.browser().sign_in("alice", NEW).await;
    assert_eq!(again.path, "/access_tokens");
}

#[tokio::test]
async fn a_person_may_sign_out_instead() {
    let app = TestApp::start().await;
    app.user("alice").await;
    reset(&app, "alice", "given by others").await;
    let browser = app.browser();
    let page = browser.sign_in("alice", "given by others").await;
    let page = browser.press(&page, "Sign out", &[]).await;
    assert_eq!(
        (page.path.as_str(), browser.cookies().as_str()),
        ("/sign_in", "")
    );
}

#[tokio::test]
async fn passwords_that_administrators_make_are_temporary_and_their_own_are_not() {
    let World { app, root, .. } = World::start().await;
    let heading =
        async |user: &str, password: &str| app.browser().sign_in(user, password).await.heading();
    let body = serde_json::json!({ "password": "made by the root" });
    for user in ["alice", "root"] {
        let path = app.user_path(user).await;
        assert_eq!(root.put(&path, body.clone()).await.status, 200);
    }
    assert_eq!(
        heading("alice", "made by the root").await,
        "Choose a new password"
    );
    assert_eq!(
        heading("root", "made by the root").await,
        "Personal access tokens"
    );
    let new = serde_json::json!({
        "username": "carol", "name": "Carol", "email": "c@example.com", "password": "made for carol",
    });
    assert_eq!(root.post("/users", new).await.status, 201);
    assert_eq!(
        heading("carol", "made for carol").await,
        "Choose a new password"
    );
    // The first administrator's is shown on a terminal, and a log may have kept it.
    let fresh = TestApp::start().await;
    let first = fresh.desk.ensure_administrator().await.unwrap().unwrap();
    let password = secrecy::ExposeSecret::expose_secret(&first.password).to_owned();
    let page = fresh.browser().sign_in("admin", &password).await;
    assert_eq!(page.heading(), "Choose a new password");
}
