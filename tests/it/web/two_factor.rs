//! Two-factor authentication on the pages.

use axum::http::StatusCode;
use chrono::Duration;
use serde_json::{Value, json};

use crate::harness::{Browser, PASSWORD, Page, TestApp, World};
use crate::two_factor::{Device, set_up, shown, wrong_code};

/// Alice has it, and the code of her set-up is a step old.
async fn start() -> (TestApp, Device) {
    start_with("").await
}

async fn start_with(configuration: &str) -> (TestApp, Device) {
    let World { app, alice, .. } = World::start_with(configuration).await;
    let device = set_up(&app, &alice).await;
    app.clock.advance(Duration::seconds(30));
    (app, device)
}

/// The page after name and password.
async fn after_password(browser: &Browser, wanted: &str) -> Page {
    let page = browser.open(wanted).await;
    let typed = [("username", "alice"), ("password", PASSWORD)];
    browser.press(&page, "Sign in", &typed).await
}

#[tokio::test]
async fn a_sign_in_asks_for_the_code_after_the_password() {
    let (app, device) = start().await;
    let browser = app.browser();
    let page = after_password(&browser, "/profile").await;
    assert_eq!(page.path, "/sign_in/code?next=%2Fprofile");
    assert_eq!(page.heading(), "Two-factor authentication");
    assert!(!page.text().contains("Sign out"), "nobody is signed in yet");
    let half = browser.cookies();
    for path in ["/", "/profile", "/access_tokens"] {
        assert_eq!(browser.open(path).await.heading(), "Sign in", "{path}");
    }
    let wrong = wrong_code(&device, app.now(), 0);
    let again = browser.press(&page, "Verify", &[("code", &wrong)]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        again
            .text()
            .contains("The code is wrong or was used before."),
        "{}",
        again.text()
    );
    assert!(!again.body.contains(&wrong), "it is not shown again");
    let code = device.shows(app.now());
    let page = browser.press(&again, "Verify", &[("code", &code)]).await;
    assert_eq!(page.path, "/profile", "{}", page.body);
    let twice = browser.press(&again, "Verify", &[("code", &code)]).await;
    assert_eq!(twice.path, "/profile", "{}", twice.body);
    assert_ne!(browser.cookies(), half, "the session has another secret");
    let thief = app.browser();
    thief.take_cookie(&half);
    assert_eq!(thief.open("/profile").await.heading(), "Sign in");
}

#[tokio::test]
async fn a_recovery_code_signs_in_without_the_device() {
    let (app, device) = start().await;
    let browser = app.browser();
    let page = after_password(&browser, "/").await;
    assert_eq!(page.path, "/sign_in/code");
    assert!(page.body.contains("href=\"/sign_in/code?recovery=1\""));
    let page = browser.open("/sign_in/code?recovery=1").await;
    assert!(page.body.contains(">Recovery code</label>"));
    let wrong = [("code", "0000-0000-0000-0000")];
    let again = browser.press(&page, "Verify", &wrong).await;
    assert!(again.body.contains(">Recovery code</label>"), "still that");
    let typed = [("code", device.recovery_codes[0].as_str())];
    let page = browser.press(&again, "Verify", &typed).await;
    assert_eq!(page.path, "/access_tokens", "{}", page.body);
}

/// Alice's password is somebody else's too, who signs in with it over and over, from one address or from many.
#[tokio::test]
async fn who_knows_only_the_password_keeps_nobody_from_showing_the_code() {
    let proxied = "[admin]\ntrusted_proxies = [\"10.0.0.1\"]\n";
    let World { app, alice, .. } = World::start_with(proxied).await;
    let device = set_up(&app, &alice).await;
    let at = |address: &str| {
        let browser = app.browser().from("10.0.0.1");
        browser.with("x-forwarded-for", address)
    };
    for flood in [["203.0.113.9"; 24], core::array::from_fn(MANY)] {
        app.clock.advance(Duration::seconds(30));
        let browser = at("198.51.100.7");
        let page = after_password(&browser, "/profile").await;
        app.clock.advance(Duration::seconds(1));
        for address in flood {
            let other = after_password(&at(address), "/").await;
            assert_eq!(other.path, "/sign_in/code");
        }
        let code = device.shows(app.now());
        let page = browser.press(&page, "Verify", &[("code", &code)]).await;
        assert_eq!(page.path, "/profile", "{flood:?}");
    }
}

/// Addresses of 24 clients.
const MANY: fn(usize) -> &'static str = |number| {
    const TEXT: &str = "192.0.2.10 192.0.2.11 192.0.2.12 192.0.2.13 192.0.2.14 192.0.2.15 192.0.2.16 192.0.2.17 \
        192.0.2.18 192.0.2.19 192.0.2.20 192.0.2.21 2001:db8:1::1 2001:db8:2::1 2001:db8:3::1 2001:db8:4::1 \
        2001:db8:5::1 2001:db8:6::1 2001:db8:7::1 2001:db8:8::1 2001:db8:9::1 2001:db8:9::2 2001:db8:9::3 \
        2001:db8:9::4";
    TEXT.split_whitespace().nth(number).unwrap()
};

#[tokio::test]
async fn without_the_password_there_is_no_code_to_show() {
    let (app, device) = start().await;
    let browser = app.browser();
    assert_eq!(browser.open("/sign_in/code").await.path, "/sign_in");
    let page = after_password(&browser, "/").await;
    app.clock.advance(Duration::minutes(5));
    let code = device.shows(app.now());
    let late = browser.press(&page, "Verify", &[("code", &code)]).await;
    assert_eq!((late.status.as_u16(), &*late.heading()), (422, "Sign in"));
    let told = "The sign-in waited five minutes for its code";
    assert!(late.text().contains(told), "{}", late.text());
}

#[tokio::test]
async fn wrong_codes_on_the_page_make_the_next_one_wait() {
    let (app, device) = start().await;
    let browser = app.browser();
    let mut page = after_password(&browser, "/").await;
    for number in 0..10 {
        let code = wrong_code(&device, app.now(), number);
        page = browser.press(&page, "Verify", &[("code", &code)]).await;
    }
    let code = device.shows(app.now());
    let waits = browser.press(&page, "Verify", &[("code", &code)]).await;
    assert_eq!(waits.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(waits.header("retry-after"), "1");
    assert!(waits.text().contains("Try again in 1 second."));

    // They are remembered for a day: whoever guesses has no ten tries each quarter of an hour.
    app.clock.advance(Duration::hours(20));
    let mut page = after_password(&browser, "/").await;
    for (number, status) in [(10, 422), (11, 429)] {
        let code = wrong_code(&device, app.now(), number);
        page = browser.press(&page, "Verify", &[("code", &code)]).await;
        assert_eq!(page.status, status, "{number}");
    }
    app.clock.advance(Duration::seconds(2));
    let code = device.shows(app.now());
    let page = browser.press(&page, "Verify", &[("code", &code)]).await;
    assert_eq!(page.heading(), "Personal access tokens");
}

#[tokio::test]
async fn settings_for_passwords_leave_no_room_for_guessed_codes() {
    let (app, device) = start_with("[failed_logins]\nfree = 1000\nlongest_wait = \"1s\"").await;
    let browser = app.browser();
    let mut page = after_password(&browser, "/").await;
    for number in 0..11 {
        let code = wrong_code(&device, app.now(), number);
        page = browser.press(&page, "Verify", &[("code", &code)]).await;
        assert_eq!(page.status == 429, number == 10, "{number}");
    }
}

/// A browser in which alice is signed in.
async fn signed_in(app: &TestApp) -> Browser {
    let browser = app.browser();
    let page = after_password(&browser, "/").await;
    assert_eq!(page.path, "/access_tokens");
    browser
}

#[tokio::test]
async fn somebody_sets_it_up_on_their_profile() {
    let World { app, .. } = World::start().await;
    let (browser, other) = (signed_in(&app).await, signed_in(&app).await);
    let profile = browser.open("/profile").await;
    assert!(profile.body.contains("href=\"/profile/two_factor\""));
    let page = browser.open("/profile/two_factor").await;
    let page = browser.press(&page, "Set up two-factor", &[]).await;
    assert_eq!(page.path, "/profile/two_factor");
    assert!(page.body.contains("src=\"data:image/svg+xml;base64,"));
    let secret = page.value("secret");
    assert_eq!(secret.len(), 32);
    let page = browser.press(&page, "Confirm", &[("code", "12345")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(page.value("secret"), secret, "the same once more");
    assert!(page.text().contains("The code is wrong"));
    assert!(app.login("alice").works().await, "nothing is on yet");

    let code = shown(&secret, app.now());
    let page = browser.press(&page, "Confirm", &[("code", &code)]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert_eq!(page.heading(), "Recovery codes");
    assert_eq!(page.body.matches("<li><code>").count(), 10);
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(!app.login("alice").works().await);
    assert_eq!(
        other.open("/profile").await.path,
        "/sign_in?next=%2Fprofile"
    );
    let again = browser.open("/profile/two_factor").await;
    assert!(again.text().contains("It is on."), "this session goes on");
    assert!(
        again
            .text()
            .contains("Did you not see or keep your recovery codes?")
    );
    assert!(!again.body.contains(&secret) && !again.body.contains("<li><code>"));
}

/// The secret of a session that knew the password alone ends with the others.
#[tokio::test]
async fn a_cookie_that_was_copied_opens_nothing_after_the_set_up() {
    let World { app, .. } = World::start().await;
    let browser = signed_in(&app).await;
    let thief = app.browser();
    thief.take_cookie(&browser.cookies());
    let page = browser.open("/profile/two_factor").await;
    let page = browser.press(&page, "Set up two-factor", &[]).await;
    assert!(page.body.contains("data-once=\"/profile/two_factor\""));
    let code = shown(&page.value("secret"), app.now());
    let page = browser.press(&page, "Confirm", &[("code", &code)]).await;
    let on = "href=\"/profile/two_factor\">I have kept them: go on</a>";
    assert!(page.body.contains(on), "{}", page.body);
    assert_eq!(thief.open("/profile").await.heading(), "Sign in");
    assert_eq!(browser.open("/profile").await.heading(), "Profile");
}

#[tokio::test]
async fn the_page_shows_no_secret_that_a_stolen_token_began() {
    let World { app, alice, .. } = World::start().await;
    let browser = signed_in(&app).await;
    let planted = async || {
        let begun = alice.post("/user/two_factor", Value::Null).await.json();
        begun["secret"].as_str().unwrap().to_owned()
    };
    let secret = planted().await;
    let page = browser.open("/profile/two_factor").await;
    assert!(!page.body.contains(&secret) && !page.body.contains("data:image"));
    let page = browser.press(&page, "Set up two-factor", &[]).await;
    let own = page.value("secret");
    assert_ne!(own, secret);
    // The thief is faster than the victim, and knows what the page sends.
    let secret = planted().await;
    for known in [&own, &secret] {
        let code = shown(known, app.now());
        let page = browser.press(&page, "Confirm", &[("code", &code)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.text().contains("Start again, and remove it"));
        assert!(page.body.contains(">Set up two-factor</button>"));
        assert!(!page.body.contains(&secret) && !page.body.contains(&own));
    }
    let page = browser.press(&page, "Start again", &[]).await;
    assert_ne!(page.value("secret"), own);
    app.clock.advance(Duration::minutes(10));
    let code = shown(&page.value("secret"), app.now());
    let late = browser.press(&page, "Confirm", &[("code", &code)]).await;
    assert!(late.text().contains("not confirmed within ten minutes"));
}

#[tokio::test]
async fn a_password_of_an_administrator_turns_it_off_after_another_was_chosen() {
    let World { app, root, alice } = World::start().await;
    let device = set_up(&app, &alice).await;
    let path = app.user_path("alice").await;
    let (made, chosen) = ("made by an administrator", "chosen by alice herself");
    let reply = root.put(&path, json!({ "password": made })).await;
    assert_eq!(reply.status, StatusCode::OK);
    app.clock.advance(Duration::seconds(30));
    let browser = app.browser();
    let page = browser.open("/profile/two_factor").await;
    let typed = [("username", "alice"), ("password", made)];
    let page = browser.press(&page, "Sign in", &typed).await;
    let code = device.shows(app.now());
    let page = browser.press(&page, "Verify", &[("code", &code)]).await;
    assert_eq!(page.path, "/profile/password?next=%2Fprofile%2Ftwo_factor");
    let typed = [("current", made), ("new", chosen), ("repeated", chosen)];
    browser.press(&page, "Change password", &typed).await;
    let body = json!({ "password": chosen });
    let reply = alice.call("DELETE", "/user/two_factor", body).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.body);
}

#[tokio::test]
async fn a_session_that_ended_before_the_code_leads_back_to_the_set_up() {
    let World { app, .. } = World::start().await;
    let browser = signed_in(&app).await;
    let page = browser.open("/profile/two_factor").await;
    let page = browser.press(&page, "Set up two-factor", &[]).await;
    app.clock.advance(Duration::days(31));
    let page = browser.press(&page, "Confirm", &[("code", "123456")]).await;
    assert_eq!(page.path, "/sign_in?next=%2Fprofile%2Ftwo_factor&sent=1");
}

#[tokio::test]
async fn whoever_knows_the_password_alone_ends_no_session() {
    let World { app, alice, .. } = World::start_with("[sessions]\nmax_per_user = 1\n").await;
    let device = set_up(&app, &alice).await;
    let (own, next) = (app.browser(), app.browser());
    let finish = async |browser: &Browser, page: &Page| {
        app.clock.advance(Duration::seconds(30));
        let code = device.shows(app.now());
        browser.press(page, "Verify", &[("code", &code)]).await.path
    };
    let page = after_password(&own, "/profile").await;
    assert_eq!(finish(&own, &page).await, "/profile");
    let waiting = after_password(&next, "/profile").await;
    for _ in 0..9 {
        after_password(&app.browser(), "/").await;
        assert_eq!(own.open("/profile").await.path, "/profile");
    }
    assert_eq!(finish(&next, &waiting).await, "/profile", "one of ten");
    assert_eq!(own.open("/").await.heading(), "Sign in", "one is the most");
    let waiting = after_password(&own, "/profile").await;
    for _ in 0..10 {
        after_password(&app.browser(), "/").await;
    }
    assert!(finish(&own, &waiting).await.starts_with("/sign_in"));
    assert_eq!(next.open("/profile").await.path, "/profile");
}

#[tokio::test]
async fn it_is_turned_off_with_a_password_or_a_code() {
    let World { app, alice, .. } = World::start().await;
    let browser = signed_in(&app).await;
    for proof in ["password", "code"] {
        let device = set_up(&app, &alice).await;
        app.clock.advance(Duration::seconds(30));
        let code = device.shows(app.now());
        let page = after_password(&browser, "/profile/two_factor").await;
        browser.press(&page, "Verify", &[("code", &code)]).await;
        app.clock.advance(Duration::seconds(30));
        let page = browser.open("/profile/two_factor").await;
        assert!(
            page.body
                .contains("action=\"/profile/two_factor/turn_off\"")
        );
        let page = browser.open("/profile/two_factor/turn_off").await;
        for (field, value) in [("password", ""), ("password", "wrong"), ("code", "000")] {
            let page = browser
                .press(&page, "Turn off two-factor", &[(field, value)])
                .await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        }
        let code = device.shows(app.now());
        let typed = match proof {
            "password" => vec![("password", PASSWORD)],
            // The browser fills in a password that it knows.
            _ => vec![("password", "another service's"), ("code", code.as_str())],
        };
        let page = browser.press(&page, "Turn off two-factor", &typed).await;
        assert_eq!(page.path, "/profile/two_factor", "{}", page.body);
        assert!(page.body.contains(">Set up two-factor</button>"), "{proof}");
        assert!(app.login("alice").works().await);
        let again = browser.open("/profile/two_factor/turn_off").await;
        assert_eq!(again.path, "/profile/two_factor", "there is nothing to do");
        app.clock.advance(Duration::seconds(30));
        let profile = browser.open("/profile").await;
        browser.press(&profile, "Sign out", &[]).await;
    }
}

#[tokio::test]
async fn where_it_is_required_every_page_leads_to_the_set_up_first() {
    let World { app, .. } = World::start_with("[two_factor]\nrequired = true\n").await;
    let browser = app.browser();
    let page = after_password(&browser, "/profile").await;
    assert_eq!(page.path, "/profile/two_factor?next=%2Fprofile");
    assert!(
        page.text()
            .contains("Everybody needs two-factor authentication here.")
    );
    for (path, next) in [
        ("/", ""),
        ("/access_tokens", ""),
        ("/profile/sessions", "?next=%2Fprofile%2Fsessions"),
    ] {
        let expected = format!("/profile/two_factor{next}");
        assert_eq!(browser.open(path).await.path, expected);
    }
    let page = browser.press(&page, "Set up two-factor", &[]).await;
    let code = shown(&page.value("secret"), app.now());
    let page = browser.press(&page, "Confirm", &[("code", &code)]).await;
    let on = "href=\"/profile\">I have kept them: go on</a>";
    assert!(page.body.contains(on), "{}", page.body);
    assert_eq!(browser.open("/profile").await.path, "/profile");
}

#[tokio::test]
async fn who_had_to_set_it_up_and_wanted_no_page_goes_on_to_the_first() {
    let World { app, .. } = World::start_with("[two_factor]\nrequired = true\n").await;
    let browser = app.browser();
    let page = after_password(&browser, "/").await;
    assert_eq!(page.path, "/profile/two_factor");
    let page = browser.press(&page, "Set up two-factor", &[]).await;
    let code = shown(&page.value("secret"), app.now());
    let page = browser.press(&page, "Confirm", &[("code", &code)]).await;
    let on = "href=\"/access_tokens\">I have kept them: go on</a>";
    assert!(page.body.contains(on), "{}", page.body);
}
