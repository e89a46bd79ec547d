//! Forms that a browser without scripts sends twice, by a second click or because no reply came: the first time may have been good.

use axum::http::StatusCode;
use chrono::Duration;

use crate::harness::{Browser, PASSWORD, Page, World};
use crate::two_factor::{set_up, shown};
use crate::web::access_tokens::start;
use crate::web::late_forms::meanwhile;

const NEW: &str = "another good password";
const NEW_PASSWORD: [(&str, &str); 3] = [("current", PASSWORD), ("new", NEW), ("repeated", NEW)];

/// The words for somebody whose session ended before what they sent came.
const MAY_BE_DONE: &str =
    "You were signed out. What you sent may not have been done: look after you have signed in.";

/// The words for somebody who may have changed their password by the same form.
const CHANGED: &str = "Nothing was changed just now: your password was changed at";

/// The form of that page, filled in, and the browser as it is before it sends it.
async fn set_up_page(browser: &Browser) -> (Page, Browser) {
    let page = browser.open("/profile/two_factor").await;
    let page = browser.press(&page, "Set up two-factor", &[]).await;
    (page, browser.beside(browser))
}

#[tokio::test]
async fn a_new_password_that_comes_again_with_the_cookie_from_before_may_have_counted() {
    let (app, browser) = start().await;
    let page = browser.open("/profile/password").await;
    let again = browser.beside(&browser);
    browser.press(&page, "Change password", &NEW_PASSWORD).await;
    let page = again.press(&page, "Change password", &NEW_PASSWORD).await;
    assert_eq!(page.path, "/sign_in?next=%2Fprofile%2Fpassword&sent=1");
    let text = page.text();
    assert!(text.contains(MAY_BE_DONE), "{text}");
    assert!(text.contains("If you sent a new password, it may be the one that counts now."));
    let typed = [("username", "alice"), ("password", NEW)];
    let page = again.press(&page, "Sign in", &typed).await;
    assert_eq!(page.heading(), "Choose a new password");
    assert!(app.caller("alice", NEW).works().await);
}

/// The second click comes while the first form waits for its turn.
#[tokio::test]
async fn of_two_new_passwords_at_once_the_later_learns_that_the_session_has_another_secret() {
    let (app, browser) = start().await;
    let again = browser.beside(&browser);
    let held = app.hold_changes().await;
    let (one, other, ()) = tokio::join!(
        browser.post("/profile/password", &NEW_PASSWORD),
        again.post("/profile/password", &NEW_PASSWORD),
        meanwhile(&app, held, async |_, _| {})
    );
    let mut led = [one.header("location"), other.header("location")];
    led.sort_unstable();
    let expected = [
        "/profile?changed=password",
        "/sign_in?next=%2Fprofile%2Fpassword&sent=1",
    ];
    assert_eq!(led, expected);
    assert!(app.caller("alice", NEW).works().await);
}

#[tokio::test]
async fn a_new_password_that_comes_again_with_the_new_cookie_is_known() {
    let (app, browser) = start().await;
    let form = browser.open("/profile/password").await;
    browser.press(&form, "Change password", &NEW_PASSWORD).await;
    let page = browser.press(&form, "Change password", &NEW_PASSWORD).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = page.text();
    assert!(text.contains(CHANGED), "{text}");
    assert!(text.contains("perhaps by this very form"), "{text}");
    assert!(!text.contains("See below what to change."), "{text}");
    // Much later it is a mistake like any other.
    app.clock.advance(Duration::minutes(11));
    let page = browser.press(&form, "Change password", &NEW_PASSWORD).await;
    let text = page.text();
    assert!(text.contains("Nothing was changed. See below"), "{text}");
    assert!(!text.contains(CHANGED), "{text}");
}

/// A password that an administrator gave is none that the form set.
#[tokio::test]
async fn a_wrong_password_after_nothing_was_changed_is_told_plainly() {
    let World { app, root, .. } = World::start().await;
    let browser = app.signed_in("alice").await;
    let given = serde_json::json!({ "password": "made by the root" });
    let path = app.user_path("alice").await;
    assert_eq!(root.put(&path, given).await.status, StatusCode::OK);
    let page = browser.open("/profile/password").await;
    assert_eq!(page.heading(), "Sign in", "the session ended");
    let page = browser.sign_in("alice", "made by the root").await;
    let page = browser.press(&page, "Change password", &NEW_PASSWORD).await;
    let text = page.text();
    assert!(text.contains("Nothing was changed. See below"), "{text}");
    assert!(text.contains("This is not your current password."));
}

#[tokio::test]
async fn a_second_factor_that_is_confirmed_again_may_be_on() {
    let World { app, .. } = World::start().await;
    let browser = app.signed_in("alice").await;
    let (page, again) = set_up_page(&browser).await;
    let code = shown(&page.value("secret"), app.now());
    let confirmed = browser.press(&page, "Confirm", &[("code", &code)]).await;
    assert_eq!(confirmed.heading(), "Recovery codes");
    let late = again.press(&page, "Confirm", &[("code", &code)]).await;
    assert_eq!(late.path, "/sign_in?next=%2Fprofile%2Ftwo_factor&sent=1");
    assert!(late.text().contains(MAY_BE_DONE), "{}", late.text());
    assert!(!late.text().contains("new password"), "{}", late.text());
    let late = browser.press(&page, "Confirm", &[("code", &code)]).await;
    assert_eq!(late.path, "/profile/two_factor");
    assert!(late.text().contains("It is on."), "{}", late.text());
}

/// Whoever turned it off has to set it up anew before anything else, and the second form came after that.
#[tokio::test]
async fn a_required_second_factor_that_is_turned_off_again_is_shown_as_it_is() {
    let World { app, alice, .. } = World::start_with("[two_factor]\nrequired = true\n").await;
    let device = set_up(&app, &alice).await;
    app.clock.advance(Duration::seconds(30));
    let browser = app.browser();
    let page = browser.sign_in("alice", PASSWORD).await;
    let code = [("code", &*device.shows(app.now()))];
    browser.press(&page, "Verify", &code).await;
    let form = browser.open("/profile/two_factor/turn_off").await;
    let proof = [("password", PASSWORD)];
    for _ in 0..2 {
        let page = browser.press(&form, "Turn off two-factor", &proof).await;
        assert_eq!(page.path, "/profile/two_factor");
        assert!(page.text().contains("Set it up, then you go on."));
        assert!(!page.text().contains("was not done"), "{}", page.text());
    }
}
