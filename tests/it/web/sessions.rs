//! The ends of sessions.

use chrono::Duration;
use wharfinger::app::users::OwnedGroups;
use wharfinger::domain::authority::Authority;
use wharfinger::domain::events::detail::Detail;
use wharfinger::domain::events::{Event, EventAction};
use wharfinger::domain::ids::SessionId;
use wharfinger::domain::sessions::SessionRules;
use wharfinger::storage::{Change, PurgePass, sessions};

use crate::harness::{Browser, PASSWORD, TestApp, World, named};
use crate::two_factor::set_up;

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

/// The rules of a service in which nothing is configured.
fn usual_rules() -> SessionRules {
    SessionRules {
        idle: Duration::days(7).to_std().unwrap(),
        absolute: Duration::days(30).to_std().unwrap(),
        most_per_user: 50,
    }
}

/// A block ends all sessions; this one is written into the database by somebody who does not think of them.
#[tokio::test]
async fn a_blocked_user_has_no_session_whatever_is_left_of_one() {
    let World { app, alice, .. } = World::start().await;
    let device = set_up(&app, &alice).await;
    app.clock.advance(Duration::seconds(30));
    let (open, waits) = (app.browser(), app.browser());
    for browser in [&open, &waits] {
        let page = browser.sign_in("alice", PASSWORD).await;
        assert_eq!(page.path, "/sign_in/code");
    }
    let page = open.open("/sign_in/code").await;
    let code = device.shows(app.now());
    let page = open.press(&page, "Verify", &[("code", &code)]).await;
    assert_eq!(page.heading(), "Personal access tokens");
    app.write("UPDATE users SET state = 'blocked' WHERE username = 'alice'")
        .await;
    for browser in [&open, &waits] {
        assert_eq!(browser.open("/profile").await.heading(), "Sign in");
        assert_eq!(browser.open("/sign_in/code").await.heading(), "Sign in");
    }
}

/// A session that began while the clock was years ahead would go on for years; one that was used then goes on as others do.
#[tokio::test]
async fn a_clock_that_was_ahead_leaves_no_session_that_goes_on_for_years() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let before = app.signed_in("alice").await;
    let years = Duration::days(5 * 365);
    app.clock.advance(years);
    let ahead = app.signed_in("alice").await;
    app.clock.advance(-years);
    assert_eq!(ahead.open("/").await.heading(), "Sign in");
    assert_ne!(before.open("/").await.heading(), "Sign in");
    app.clock.advance(Duration::days(31));
    assert_eq!(ahead.open("/").await.heading(), "Sign in");
    let pass = PurgePass::default();
    let purged = app
        .desk
        .purge_sessions(&usual_rules(), &pass)
        .await
        .unwrap();
    assert_eq!(purged.number, 1, "the one that idled");
}

/// A clock that is behind takes what is new for something from the future.
#[tokio::test]
async fn a_clock_that_was_behind_leaves_sessions_as_they_are() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let browser = app.signed_in("alice").await;
    app.clock.advance(Duration::hours(-1));
    let pass = PurgePass::default();
    let purged = app
        .desk
        .purge_sessions(&usual_rules(), &pass)
        .await
        .unwrap();
    assert_eq!(purged.number, 0);
    app.clock.advance(Duration::hours(1));
    assert_ne!(browser.open("/").await.heading(), "Sign in");
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
        .delete_user(&operator, &named("alice"), OwnedGroups::Abandoned)
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
    for number in [1, 0] {
        let purged = app
            .desk
            .purge_sessions(&rules, &PurgePass::default())
            .await
            .unwrap();
        assert_eq!(purged.number, number);
    }
}

#[tokio::test]
async fn a_clock_years_ahead_deletes_the_sessions_of_one_day_at_a_time() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let first = app.signed_in("alice").await;
    app.clock.advance(Duration::days(1));
    let second = app.signed_in("alice").await;
    let rules = SessionRules {
        idle: Duration::days(7).to_std().unwrap(),
        absolute: Duration::days(3650).to_std().unwrap(),
        most_per_user: 50,
    };
    for (first_is_in, second_is_in) in [(false, true), (false, false)] {
        app.clock.advance(Duration::days(730));
        let purged = app
            .desk
            .purge_sessions(&rules, &PurgePass::default())
            .await
            .unwrap();
        assert_eq!((purged.number, purged.has_rest), (1, false));
        app.clock.advance(Duration::days(-730));
        let is_in = async |browser: &Browser| browser.open("/").await.heading() != "Sign in";
        assert_eq!(is_in(&first).await, first_is_in);
        assert_eq!(is_in(&second).await, second_is_in);
    }
}

#[tokio::test]
async fn people_see_their_sessions_and_end_them() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.user("bob").await;
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let phone = app
        .browser()
        .with("user-agent", "Mozilla/5.0 (iPhone) Safari/604");
    phone.sign_in("alice", PASSWORD).await;
    app.clock.advance(Duration::minutes(5));
    let laptop = app.browser().with("user-agent", firefox);
    laptop.sign_in("alice", PASSWORD).await;
    app.signed_in("bob").await;
    let page = laptop.open("/profile/sessions").await;
    let text = page.text();
    let (own, other) = text.split_once("Safari on iPhone").unwrap();
    assert!(
        own.contains("Firefox on Linux this one 192.0.2.1"),
        "{text}"
    );
    assert!(
        other.contains("2026-03-14 15:09 UTC") && !text.contains("unknown browser"),
        "{text}"
    );
    let action = page.body.rsplit("action=\"").next().unwrap();
    let question = laptop.open(action.split('"').next().unwrap()).await;
    let asked = question.text();
    assert!(
        asked.contains("Safari on iPhone , signed in on 2026-03-14 15:09 UTC , from 192.0.2.1."),
        "{asked}"
    );
    assert_ne!(
        phone.open("/").await.heading(),
        "Sign in",
        "nothing is done yet"
    );
    let page = laptop.press(&question, "End session", &[]).await;
    assert_eq!(
        (page.path.as_str(), page.heading().as_str()),
        ("/profile/sessions", "Where you are signed in")
    );
    assert!(!page.text().contains("iPhone"));
    assert_eq!(phone.open("/").await.heading(), "Sign in");
    assert_eq!(
        app.last_audited().await,
        "alice session.ended Safari on iPhone"
    );
}

/// Ends the first session, which is alice's, by a change that held up all others.
async fn end_first_session(app: &TestApp, held: Change) {
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    sessions::remove(&held, SessionId(1)).await.unwrap();
    let alice = app.visible_user("alice").await.user().clone();
    let grant = held.grant(Authority::require_administrator).unwrap();
    let event = Event::new(EventAction::SessionEnded, &alice, Detail::nothing());
    held.commit([grant.event(event)]).await.unwrap();
}

/// The session was good at the door, and another browser ended it before its turn came.
#[tokio::test]
async fn a_session_that_ends_while_a_change_waits_changes_nothing() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let (waiting, other) = (app.signed_in("alice").await, app.signed_in("alice").await);
    let held = app.hold_changes().await;
    let (reply, ()) = tokio::join!(
        waiting.post("/profile/sessions/2/end", &[]),
        end_first_session(&app, held)
    );
    assert_eq!(
        (reply.status.as_u16(), reply.header("location")),
        (303, "/sign_in?next=%2Fprofile%2Fsessions%2F2%2Fend&sent=1")
    );
    assert_ne!(other.open("/").await.heading(), "Sign in", "it goes on");
}

#[tokio::test]
async fn a_session_that_ends_while_a_password_waits_changes_none() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let waiting = app.signed_in("alice").await;
    let held = app.hold_changes().await;
    let new = "another good password";
    let typed = [("current", PASSWORD), ("new", new), ("repeated", new)];
    let (reply, ()) = tokio::join!(
        waiting.post("/profile/password", &typed),
        end_first_session(&app, held)
    );
    let led = "/sign_in?next=%2Fprofile%2Fpassword&sent=1";
    assert_eq!(reply.header("location"), led);
    assert!(
        app.login("alice").works().await,
        "the password is the old one"
    );
}

#[tokio::test]
async fn a_flood_of_passwords_is_told_to_come_back() {
    let app = TestApp::start_with("[passwords]\nconcurrent = 1\nwaiting = 0\n").await;
    app.user("alice").await;
    let browsers = [app.browser(), app.browser(), app.browser(), app.browser()];
    let sign_ins = browsers
        .iter()
        .map(|browser| browser.sign_in("alice", PASSWORD));
    let pages = futures_util::future::join_all(sign_ins).await;
    let count = |status: u16| pages.iter().filter(|page| page.status == status).count();
    assert!(count(200) >= 1 && count(503) >= 1 && count(200) + count(503) == 4);
    let turned_away = pages.iter().find(|page| page.status == 503).unwrap();
    assert_eq!(
        (
            turned_away.heading().as_str(),
            turned_away.header("retry-after")
        ),
        ("Please try again", "5")
    );
}

#[tokio::test]
async fn ending_ones_own_session_signs_out() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let browser = app.signed_in("alice").await;
    let page = browser.open("/profile/sessions").await;
    let action = page.body.rsplit("action=\"").next().unwrap();
    let question = browser.open(action.split('"').next().unwrap()).await;
    assert!(
        question
            .text()
            .contains("This is the session that you are in.")
    );
    let page = browser.press(&question, "End session", &[]).await;
    assert_eq!(
        (page.heading().as_str(), browser.cookies().as_str()),
        ("Sign in", "")
    );
}

#[tokio::test]
async fn sessions_of_others_are_not_there_for_administrators_either() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.administrator("root").await;
    let alice = app.signed_in("alice").await;
    let root = app.signed_in("root").await;
    for path in ["/profile/sessions/1/end", "/profile/sessions/999/end"] {
        for reply in [root.get(path).await, root.post(path, &[]).await] {
            assert_eq!(
                (reply.status.as_u16(), reply.header("location")),
                (303, "/profile/sessions"),
                "{path}"
            );
        }
    }
    let path = "/profile/sessions/x/end";
    let page = root.open(path).await;
    assert_eq!(
        (page.status.as_u16(), page.heading().as_str()),
        (404, "Page not found")
    );
    assert!(page.text().contains("root Sign out"), "{}", page.text());
    assert_eq!(root.post(path, &[]).await.status, 404);
    assert_ne!(alice.open("/").await.heading(), "Sign in");
}

/// The page with the question was open in two tabs.
#[tokio::test]
async fn a_session_that_has_ended_already_is_ended() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let (_gone, browser) = (app.signed_in("alice").await, app.signed_in("alice").await);
    let question = browser.open("/profile/sessions/1/end").await;
    for _ in 0..2 {
        let page = browser.press(&question, "End session", &[]).await;
        assert_eq!(page.path, "/profile/sessions");
        assert_eq!(page.body.matches("data-label=\"Signed in\"").count(), 1);
    }
    let page = browser.open("/profile/sessions/1/end").await;
    assert_eq!(page.path, "/profile/sessions");
}

#[tokio::test]
async fn a_session_that_is_too_old_takes_no_place_until_it_is_purged() {
    let app = TestApp::start_with(LIVES).await;
    app.user("alice").await;
    let old = app.signed_in("alice").await;
    for minutes in [50, 50, 30] {
        app.clock.advance(Duration::minutes(minutes));
        old.open("/").await;
    }
    let living = app.signed_in("alice").await;
    app.clock.advance(Duration::minutes(45));
    assert_ne!(old.open("/").await.heading(), "Sign in");
    app.clock.advance(Duration::minutes(5));
    assert_eq!(old.open("/").await.heading(), "Sign in");
    app.signed_in("alice").await;
    assert_ne!(living.open("/").await.heading(), "Sign in");
}

#[tokio::test]
async fn all_sessions_are_listed_after_there_may_be_fewer() {
    let app = TestApp::start().await;
    let fewer = app.beside("[sessions]\nmax_per_user = 1\n").await;
    app.user("alice").await;
    let browser = app.signed_in("alice").await;
    app.signed_in("alice").await;
    app.signed_in("alice").await;
    let there = browser.beside(&fewer.browser());
    let page = there.open("/profile/sessions").await;
    assert_eq!(page.body.matches("data-label=\"Signed in\"").count(), 3);
}

/// The request came in time, and is a use of the session.
#[tokio::test]
async fn a_change_that_waits_beyond_the_end_of_an_unused_session_is_made() {
    let app = TestApp::start_with(LIVES).await;
    app.user("alice").await;
    let browser = app.signed_in("alice").await;
    app.clock.advance(Duration::minutes(30));
    app.signed_in("alice").await;
    app.clock.advance(Duration::minutes(29));
    let held = app.hold_changes().await;
    let release = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        app.clock.advance(Duration::minutes(2));
        drop(held);
    };
    let (reply, ()) = tokio::join!(browser.post("/profile/sessions/2/end", &[]), release);
    assert_eq!(
        (reply.status.as_u16(), reply.header("location")),
        (303, "/profile/sessions")
    );
}
