//! All routes of the pages: those that open only after a sign-in, a password of one's own and a second factor, and none for other sites.

use secrecy::SecretString;
use wharfinger::domain::authority::Authority;

use self::Door::{OwnPassword, SecondFactor, SignIn, Street};
use crate::harness::{Browser, PASSWORD, TestApp, named};

/// The last thing that is needed to get in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Door {
    Street,
    SignIn,
    OwnPassword,
    /// Where everybody must have one.
    SecondFactor,
}

const ROUTES: [(&str, &str, Door); 25] = [
    ("GET", "/", SecondFactor),
    ("GET", "/sign_in", Street),
    ("POST", "/sign_in", Street),
    ("GET", "/sign_in/code", Street),
    ("POST", "/sign_in/code", Street),
    ("POST", "/sign_out", Street),
    ("GET", "/profile", SecondFactor),
    ("GET", "/profile/password", SignIn),
    ("POST", "/profile/password", SignIn),
    ("GET", "/profile/two_factor", OwnPassword),
    ("POST", "/profile/two_factor", OwnPassword),
    ("POST", "/profile/two_factor/confirm", OwnPassword),
    ("GET", "/profile/two_factor/turn_off", SecondFactor),
    ("POST", "/profile/two_factor/turn_off", SecondFactor),
    ("GET", "/profile/sessions", SecondFactor),
    ("GET", "/profile/sessions/1/end", SecondFactor),
    ("POST", "/profile/sessions/1/end", SecondFactor),
    ("GET", "/access_tokens", SecondFactor),
    ("GET", "/access_tokens/new", SecondFactor),
    ("POST", "/access_tokens/new", SecondFactor),
    ("GET", "/access_tokens/1", SecondFactor),
    ("GET", "/access_tokens/1/rotate", SecondFactor),
    ("POST", "/access_tokens/1/rotate", SecondFactor),
    ("GET", "/access_tokens/1/revoke", SecondFactor),
    ("POST", "/access_tokens/1/revoke", SecondFactor),
];

/// Files and GitLab's addresses are the same for everybody.
#[test]
fn no_route_is_left_out() {
    let routers = concat!(
        include_str!("../../../src/http/web/mod.rs"),
        include_str!("../../../src/http/web/access_tokens/mod.rs"),
        include_str!("../../../src/http/web/profile/mod.rs"),
        include_str!("../../../src/http/web/sign_in/mod.rs")
    );
    for (method, call) in [("GET", "get("), ("POST", "post(")] {
        let listed = ROUTES.iter().filter(|route| route.0 == method).count();
        assert_eq!(routers.matches(call).count(), listed, "{method}");
    }
}

/// The route at which a request ends up: the form is empty.
async fn led_to(browser: &Browser, (method, path): (&str, &str)) -> Option<String> {
    let form = (method == "POST").then(String::new);
    let reply = browser.send(method, path, form).await;
    let location = reply.headers.get("location")?.to_str().unwrap();
    let path = location.split('?').next().unwrap();
    Some(path.to_owned()).filter(|_| reply.status == 303)
}

/// Goes through all routes, with a browser that comes as far as `reached` and no further than to the page `door`.
async fn end_at(reached: Door, door: &str, browser: &Browser) {
    // Whoever signs in or out is led on.
    let routes = ROUTES.into_iter().filter(|route| route.2 != Street);
    for (method, path, needed) in routes {
        let led = led_to(browser, (method, path)).await;
        let is_kept_out = led.as_deref() == Some(door);
        assert_eq!(is_kept_out, needed > reached, "{method} {path}: {led:?}");
    }
}

#[tokio::test]
async fn without_a_sign_in_no_page_opens() {
    let app = TestApp::start().await;
    end_at(Street, "/sign_in", &app.browser()).await;
}

#[tokio::test]
async fn with_a_password_of_somebody_elses_no_page_opens_but_the_one_for_another() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let temporary = SecretString::from(PASSWORD).try_into().unwrap();
    let (operator, alice) = (Authority::operator(), named("alice"));
    let reset = app.desk.reset_password(&operator, &alice, temporary);
    reset.await.unwrap();
    app.actor("alice", "read_registry").await;
    let browser = app.signed_in("alice").await;
    end_at(SignIn, "/profile/password", &browser).await;
}

#[tokio::test]
async fn where_a_second_factor_is_missing_no_page_opens_but_those_before_it() {
    let app = TestApp::start_with("[two_factor]\nrequired = true\n").await;
    app.user("alice").await;
    app.actor("alice", "read_registry").await;
    let browser = app.signed_in("alice").await;
    end_at(OwnPassword, "/profile/two_factor", &browser).await;
}

/// A sign-in too: a stranger's account in the victim's browser is a trap.
#[tokio::test]
async fn no_form_is_taken_from_another_site() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.actor("alice", "read_registry").await;
    let browser = app.signed_in("alice").await;
    for (method, path, _) in ROUTES {
        let other = browser.beside(&browser);
        let other = other.with("sec-fetch-site", "cross-site");
        let form = (method == "POST").then(String::new);
        let reply = other.send(method, path, form).await;
        let is_refused = reply.status == 403 && reply.body.contains("a page of another site");
        assert_eq!(is_refused, method == "POST", "{method} {path}");
    }
}
