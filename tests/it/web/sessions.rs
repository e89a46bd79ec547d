//! The ends of sessions.

use chrono::Duration;
use wharfinger::domain::authority::Authority;
use wharfinger::domain::sessions::SessionRules;

use crate::harness::{PASSWORD, TestApp, named};

const LIVES: &str = "[sessions]\nidle_timeout = \"1h\"\nlifetime = \"3h\"\nmax_per_user = 2\n";

#[tokio::test]
async fn a_session_ends_when_it_idles_and_when_it_is_old() {
    let app = TestApp::start_with(LIVES).await;
    app.user("alice").await;
    let browser = app.signed_in("alice").await;
    let is_in = async || browser.open("/").await.heading() != "Sign in";
    for minutes in [59, 59, 59] {
        app.clock.advance(Duration::minutes(minutes));
        assert!(is_in().await);
    }
    app.clock.advance(Duration::minutes(3));
    assert!(!is_in().await, "three hours are over");
    let browser = app.signed_in("alice").await;
    app.clock.advance(Duration::minutes(59));
    assert_ne!(browser.open("/").await.heading(), "Sign in");
    app.clock.advance(Duration::minutes(60));
    assert_eq!(browser.open("/").await.heading(), "Sign in", "it idled");
}

#[tokio::test]
async fn whoever_is_blocked_or_deleted_is_out_at_once_on_every_replica() {
    let app = TestApp::start().await;
    let other = app.beside("").await;
    app.user("alice").await;
    let browser = app.signed_in("alice").await;
    let there = browser.beside(&other.browser());
    assert_ne!(there.open("/").await.heading(), "Sign in");
    app.block("alice").await;
    for browser in [&browser, &there] {
        assert_eq!(browser.open("/").await.heading(), "Sign in");
    }
    let operator = Authority::operator();
    app.desk
        .unblock_user(&operator, &named("alice"))
        .await
        .unwrap();
    assert_eq!(
        browser.open("/").await.heading(),
        "Sign in",
        "it has ended for good"
    );
    let browser = app.signed_in("alice").await;
    app.desk
        .delete_user(&operator, &named("alice"))
        .await
        .unwrap();
    assert_eq!(browser.open("/").await.heading(), "Sign in");
}

#[tokio::test]
async fn an_administrators_new_password_ends_all_sessions_of_a_user() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.user("bob").await;
    let (alice, bob) = (app.signed_in("alice").await, app.signed_in("bob").await);
    let new = secrecy::SecretString::from("another good one")
        .try_into()
        .unwrap();
    let operator = Authority::operator();
    app.desk
        .reset_password(&operator, &named("alice"), new)
        .await
        .unwrap();
    assert_eq!(alice.open("/").await.heading(), "Sign in");
    assert_ne!(bob.open("/").await.heading(), "Sign in");
}

#[tokio::test]
async fn of_too_many_sessions_the_one_ends_that_was_not_used_for_longest() {
    let app = TestApp::start_with(LIVES).await;
    app.user("alice").await;
    let first = app.signed_in("alice").await;
    app.clock.advance(Duration::seconds(120));
    let second = app.signed_in("alice").await;
    app.clock.advance(Duration::seconds(120));
    first.open("/").await;
    let third = app.signed_in("alice").await;
    for (browser, is_in) in [(&first, true), (&second, false), (&third, true)] {
        assert_eq!(browser.open("/").await.heading() != "Sign in", is_in);
    }
}

#[tokio::test]
async fn without_its_database_a_page_says_come_back() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let browser = app.signed_in("alice").await;
    let form = app.browser().open("/sign_in").await;
    app.close_storage().await;
    let typed = [("username", "alice"), ("password", PASSWORD)];
    let pages = [
        browser.open("/access_tokens").await,
        app.browser().press(&form, "Sign in", &typed).await,
    ];
    for page in pages {
        assert_eq!(
            (page.status.as_u16(), page.heading().as_str()),
            (503, "Please try again")
        );
        assert_eq!(page.header("retry-after"), "5");
        assert!(!page.body.contains("database"), "{}", page.body);
    }
    assert_eq!(app.browser().open("/sign_in").await.status, 200);
    assert_ne!(browser.cookies(), "", "they are still signed in");
}

#[tokio::test]
async fn sessions_that_have_ended_are_deleted() {
    let app = TestApp::start_with(LIVES).await;
    app.user("alice").await;
    app.signed_in("alice").await;
    app.clock.advance(Duration::minutes(90));
    app.signed_in("alice").await;
    let rules = SessionRules {
        idle: Duration::hours(1).to_std().unwrap(),
        absolute: Duration::hours(3).to_std().unwrap(),
        most_per_user: 2,
    };
    assert_eq!(app.desk.purge_sessions(&rules).await.unwrap(), 1);
    assert_eq!(app.desk.purge_sessions(&rules).await.unwrap(), 0);
}
