//! Two-factor authentication on the pages.

use axum::http::StatusCode;
use chrono::Duration;

use crate::harness::{Browser, PASSWORD, Page, TestApp, World};
use crate::two_factor::{Device, set_up, wrong_code};

/// Alice has it, and the code of her set-up is a step old.
async fn start() -> (TestApp, Device) {
    let World { app, alice, .. } = World::start().await;
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

#[tokio::test]
async fn without_the_password_there_is_no_code_to_show() {
    let (app, device) = start().await;
    let browser = app.browser();
    assert_eq!(browser.open("/sign_in/code").await.path, "/sign_in");
    let page = after_password(&browser, "/").await;
    app.clock.advance(Duration::minutes(5));
    let code = device.shows(app.now());
    let late = browser.press(&page, "Verify", &[("code", &code)]).await;
    assert_eq!(late.path, "/sign_in");
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
}
