//! Forms that come late: something else happened after they were opened, or while they wait for their turn.

use axum::http::StatusCode;
use chrono::Duration;
use secrecy::SecretString;
use wharfinger::domain::authority::Authority;
use wharfinger::domain::events::detail::Detail;
use wharfinger::domain::events::{Event, EventAction};
use wharfinger::domain::ids::{SessionId, UserId};
use wharfinger::domain::sessions::secret::SessionSecret;
use wharfinger::domain::users::password::PasswordHash;
use wharfinger::storage::{Change, sessions, users};

use crate::harness::{Browser, PASSWORD, TestApp, World, named, outdated_hash, outdated_hash_of};
use crate::two_factor::set_up;
use crate::web::access_tokens::{GOOD, READS, start};

const NEW: &str = "another good password";
const NEW_PASSWORD: [(&str, &str); 3] = [("current", PASSWORD), ("new", NEW), ("repeated", NEW)];

/// Does something to alice in the change that holds up all others, as soon as they wait.
pub(super) async fn meanwhile(
    app: &TestApp,
    held: Change,
    done: impl AsyncFnOnce(&Change, UserId),
) {
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let alice = app.visible_user("alice").await.user().clone();
    done(&held, alice.id).await;
    let grant = held.grant(Authority::require_administrator).unwrap();
    let event = Event::new(EventAction::PasswordChanged, &alice, Detail::nothing());
    held.commit([grant.event(event)]).await.unwrap();
}

/// Her own browser gets another cookie, as it does with a new password.
async fn give_another_secret(change: &Change, _: UserId) {
    let secret = SessionSecret::read(&"A".repeat(43)).unwrap();
    let own = SessionId(1);
    sessions::renew(change, own, &secret.digest())
        .await
        .unwrap();
}

/// The same password is hashed anew.
async fn hash_anew(change: &Change, alice: UserId) {
    let hash = PasswordHash::from_phc(outdated_hash());
    users::set_password(change, alice, &hash).await.unwrap();
}

/// Somebody copied her cookie, and she changes her password in that very session while what they sent waits.
#[tokio::test]
async fn what_came_with_a_copied_cookie_before_a_new_password_is_not_done_after_it() {
    for path in ["/access_tokens/new", "/profile/password"] {
        let (app, own) = start().await;
        let thief = own.beside(&own);
        let owner = thief.open("/access_tokens/new").await.value("owner");
        let token = [&GOOD[..], &[READS, ("owner", &*owner)]].concat();
        let fields = [&token[..], &NEW_PASSWORD].concat();
        let held = app.hold_changes().await;
        let (reply, ()) = tokio::join!(
            thief.post(path, &fields),
            meanwhile(&app, held, give_another_secret)
        );
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{path}");
        let location = reply.header("location");
        assert!(location.starts_with("/sign_in"), "{path}: {location}");
        assert!(app.login("alice").works().await, "the password is hers");
        let list = app.signed_in("alice").await.open("/access_tokens").await;
        assert!(list.text().contains("You have no active tokens"));
    }
}

#[tokio::test]
async fn a_password_that_is_hashed_anew_meanwhile_is_changed_all_the_same() {
    let (app, browser) = start().await;
    let held = app.hold_changes().await;
    let (reply, ()) = tokio::join!(
        browser.post("/profile/password", &NEW_PASSWORD),
        meanwhile(&app, held, hash_anew)
    );
    assert_eq!(reply.header("location"), "/profile?changed=password");
    assert!(app.caller("alice", NEW).works().await);
}

#[tokio::test]
async fn a_password_that_was_changed_meanwhile_is_not_the_current_one() {
    let (app, browser) = start().await;
    let held = app.hold_changes().await;
    let (reply, ()) = tokio::join!(
        browser.post("/profile/password", &NEW_PASSWORD),
        meanwhile(&app, held, async |change, alice| {
            let hash = PasswordHash::from_phc(outdated_hash_of("a third password"));
            users::set_password(change, alice, &hash).await.unwrap();
        })
    );
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    let told = "This is not your current password.";
    assert!(reply.body.contains(told), "{}", reply.body);
    assert!(app.caller("alice", "a third password").works().await);
}

#[tokio::test]
async fn a_password_that_is_hashed_anew_meanwhile_turns_two_factor_off_all_the_same() {
    let World { app, alice, .. } = World::start().await;
    let device = set_up(&app, &alice).await;
    app.clock.advance(Duration::seconds(30));
    let browser = app.browser();
    let page = browser.sign_in("alice", PASSWORD).await;
    let code = device.shows(app.now());
    browser.press(&page, "Verify", &[("code", &code)]).await;
    let held = app.hold_changes().await;
    let (reply, ()) = tokio::join!(
        browser.post("/profile/two_factor/turn_off", &[("password", PASSWORD)]),
        meanwhile(&app, held, hash_anew)
    );
    assert_eq!(reply.header("location"), "/profile/two_factor");
    assert!(app.login("alice").works().await);
}

/// Alice opened the form in one tab; in another one, root has signed in since.
#[tokio::test]
async fn a_form_that_somebody_else_opened_makes_no_token() {
    let (app, browser) = start().await;
    app.administrator("root").await;
    let form = browser.open("/access_tokens/new").await;
    let owner = form.value("owner");
    let alices = [&GOOD[..], &[READS, ("owner", &*owner)]].concat();
    browser.press(&form, "Sign out", &[]).await;
    browser.sign_in("root", PASSWORD).await;
    for button in ["create", "preview"] {
        let fields = [&alices[..], &[("do", button)]].concat();
        let reply = browser.post("/access_tokens/new", &fields).await;
        assert_eq!(reply.status, StatusCode::CONFLICT, "{button}");
        let told = "You are signed in as root now";
        assert!(reply.body.contains(told), "{}", reply.body);
        assert!(reply.body.contains("value=\"laptop\""), "{}", reply.body);
    }
    let list = browser.open("/access_tokens").await;
    assert!(list.text().contains("You have no active tokens"));
    // Root means it, and presses the button of the page that says so.
    let page = browser.press(&form, "Create token", &[]).await;
    let (owner, newest) = (page.value("owner"), page.value("newest"));
    let more = [READS, ("owner", &*owner), ("newest", &*newest)];
    let fields = [&GOOD[..], &more].concat();
    let made = browser.post("/access_tokens/new", &fields).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.body);
}

#[tokio::test]
async fn whoever_was_signed_out_learns_that_their_form_may_not_have_been_done() {
    let (app, browser) = start().await;
    let form = browser.open("/access_tokens/new").await;
    let other = app.signed_in("alice").await;
    other.post("/profile/sessions/1/end", &[]).await;
    let told = "You were signed out. What you sent may not have been done";
    let page = browser.open("/access_tokens/new").await;
    assert_eq!(page.path, "/sign_in?next=%2Faccess_tokens%2Fnew");
    assert!(!page.text().contains(told), "nothing was sent");
    let page = browser.press(&form, "Create token", &[]).await;
    assert_eq!(page.path, "/sign_in?next=%2Faccess_tokens%2Fnew&sent=1");
    assert!(page.text().contains(told), "{}", page.text());
    let typed = [("username", "alice"), ("password", PASSWORD)];
    let page = browser.press(&page, "Sign in", &typed).await;
    assert_eq!(page.path, "/access_tokens/new");
}

#[tokio::test]
async fn whoever_signs_out_twice_at_once_is_told_nothing() {
    let (app, browser) = start().await;
    let held = app.hold_changes().await;
    let (one, other, ()) = tokio::join!(
        browser.post("/sign_out", &[]),
        browser.post("/sign_out", &[]),
        meanwhile(&app, held, async |_, _| {})
    );
    for reply in [one, other] {
        assert_eq!(reply.header("location"), "/sign_in");
    }
}

#[tokio::test]
async fn whoever_is_to_sign_out_and_is_out_already_is_told_nothing() {
    let (app, browser) = start().await;
    let page = browser.open("/profile").await;
    let other = app.signed_in("alice").await;
    other.post("/profile/sessions/1/end", &[]).await;
    let page = browser.press(&page, "Sign out", &[]).await;
    assert_eq!(page.path, "/sign_in");
    assert_eq!(browser.cookies(), "");
}

#[tokio::test]
async fn whoever_has_something_to_do_first_learns_that_their_form_was_not_done() {
    let (app, browser) = start().await;
    let told = "What you sent was not done.";
    let required = app.beside("[two_factor]\nrequired = true\n").await;
    let there = browser.beside(&required.browser());
    let form = there.open("/profile/two_factor").await;
    assert!(!form.text().contains(told));
    let send = async |browser: &Browser| {
        let reply = browser.post("/access_tokens/new", &GOOD).await;
        let location = reply.header("location").to_owned();
        (browser.open(&location).await.text(), location)
    };
    let (text, location) = send(&there).await;
    assert_eq!(
        location,
        "/profile/two_factor?next=%2Faccess_tokens%2Fnew&sent=1"
    );
    assert!(text.contains(told), "{text}");
    let new = SecretString::from("given by others").try_into().unwrap();
    let operator = Authority::operator();
    app.desk
        .reset_password(&operator, &named("alice"), new)
        .await
        .unwrap();
    let browser = app.browser();
    let page = browser.sign_in("alice", "given by others").await;
    assert!(!page.text().contains(told));
    let (text, location) = send(&browser).await;
    assert_eq!(
        location,
        "/profile/password?next=%2Faccess_tokens%2Fnew&sent=1"
    );
    assert!(text.contains(told), "{text}");
}
