//! Codes at a sign-in: each works once, wherever it is shown.

use chrono::Duration;

use super::{Device, SignIn, WRONG, at, check, set_up, wrong_code};
use crate::harness::{TestApp, World};

const WAIT: &str = "too many codes or passwords were wrong";

/// Alice has it, and the code of her set-up is a step old.
async fn start() -> (TestApp, Device) {
    let World { app, alice, .. } = World::start().await;
    let device = set_up(&app, &alice).await;
    app.clock.advance(Duration::seconds(30));
    (app, device)
}

#[tokio::test]
async fn a_code_works_once_and_none_before_it() {
    let (app, device) = start().await;
    let (earlier, now) = (app.now() - Duration::seconds(30), app.now());
    let of_the_set_up = check(at(&app), &device.shows(earlier)).await;
    assert_eq!(of_the_set_up, Err(WRONG.to_owned()));
    assert_eq!(check(at(&app), &device.shows(now)).await, Ok(()));
    let event = app.last_audited().await;
    assert_eq!(event, "alice user.signed_in alice with An unknown browser");
    let again = check(at(&app), &device.shows(now)).await;
    assert_eq!(again, Err(WRONG.to_owned()));
    app.clock.advance(Duration::seconds(30));
    assert_eq!(check(at(&app), &device.shows(app.now())).await, Ok(()));
}

#[tokio::test]
async fn clocks_may_differ_by_a_step_and_no_more() {
    let (app, device) = start().await;
    app.clock.advance(Duration::minutes(5));
    for (seconds, expected) in [(-60, false), (60, false), (-30, true), (30, true)] {
        let code = device.shows(app.now() + Duration::seconds(seconds));
        let accepted = check(at(&app), &code).await.is_ok();
        assert_eq!(accepted, expected, "{seconds}");
    }
    let older_than_accepted = check(at(&app), &device.shows(app.now())).await;
    assert_eq!(older_than_accepted, Err(WRONG.to_owned()));
}

#[tokio::test]
async fn a_code_works_on_one_replica_only() {
    let (app, device) = start().await;
    let other = app.beside("").await;
    let (here, there) = (at(&app), at(&other));
    for code in [&device.shows(app.now()), &device.recovery_codes[0]] {
        let both = tokio::join!(check(here, code), check(there, code));
        let accepted = [both.0, both.1].iter().filter(|one| one.is_ok()).count();
        assert_eq!(accepted, 1, "of two at a time, one is let in");
        assert!(check(there, code).await.is_err());
    }
    // The same sign-in, twice at the same time.
    app.clock.advance(Duration::seconds(60));
    let (begun, code) = (here.begin().await, device.shows(app.now()));
    let both = tokio::join!(here.end(&begun, &code), there.end(&begun, &code));
    let accepted = [both.0, both.1].iter().filter(|one| one.is_ok()).count();
    assert_eq!(accepted, 1);
}

#[tokio::test]
async fn a_recovery_code_works_once_in_any_spelling() {
    let (app, device) = start().await;
    let typed = device.recovery_codes[3].to_uppercase().replace('-', " ");
    assert_eq!(check(at(&app), &typed).await, Ok(()));
    let event = app.last_audited().await;
    assert_eq!(event, "alice user.signed_in alice with An unknown browser");
    let root = app.actor("root", "api").await;
    let path = "/audit_events?action=user.recovery_code_used";
    let used = root.read(path).await;
    assert_eq!(used[0]["details"]["values"]["left"], 9);
    let again = check(at(&app), &device.recovery_codes[3]).await;
    assert_eq!(again, Err(WRONG.to_owned()));
    assert_eq!(check(at(&app), &device.recovery_codes[4]).await, Ok(()));
    let none = check(at(&app), "0000-0000-0000-0000").await;
    assert_eq!(none, Err(WRONG.to_owned()));
}

#[tokio::test]
async fn wrong_codes_make_the_next_one_wait_from_any_address() {
    let (app, device) = start().await;
    for number in 0..10 {
        let wrong = wrong_code(&device, app.now(), number);
        let refused = check(at(&app), &wrong).await;
        assert_eq!(refused, Err(WRONG.to_owned()), "{number}");
    }
    let right = device.shows(app.now());
    let elsewhere = SignIn {
        app: &app,
        address: "198.51.100.9",
    };
    for sign_in in [at(&app), elsewhere] {
        assert_eq!(check(sign_in, &right).await, Err(WAIT.to_owned()));
    }
    // Nobody guesses a recovery code, so whoever has one is let in.
    let recovery = &device.recovery_codes[0];
    assert_eq!(check(elsewhere, recovery).await, Ok(()));
    let in_that_network = check(at(&app), &device.recovery_codes[1]).await;
    assert_eq!(in_that_network, Ok(()));
    app.clock.advance(Duration::minutes(6));
    let right = device.shows(app.now());
    assert_eq!(check(at(&app), &right).await, Ok(()));
    app.service.observations.write().await.unwrap();
    let root = app.actor("root", "api").await;
    let refused = root.read("/audit_events?action=user.sign_in_refused").await;
    let details = &refused[0]["details"];
    let told = ["author_name", "target_details"].map(|part| details[part].as_str());
    assert_eq!(told, [Some("(service)"), Some("alice")], "{refused}");
}

#[tokio::test]
async fn codes_that_an_exempt_address_guesses_count_for_their_user() {
    let exempt = "[failed_logins]\nexempt = [\"203.0.113.0/24\"]\n";
    let World { app, alice, .. } = World::start_with(exempt).await;
    let device = set_up(&app, &alice).await;
    app.clock.advance(Duration::seconds(30));
    for number in 0..10 {
        let wrong = wrong_code(&device, app.now(), number);
        assert_eq!(check(at(&app), &wrong).await, Err(WRONG.to_owned()));
    }
    let right = device.shows(app.now());
    assert_eq!(check(at(&app), &right).await, Err(WAIT.to_owned()));
    let none = check(at(&app), "0000-0000-0000-0000").await;
    assert_eq!(none, Err(WRONG.to_owned()), "it may be tried");
}

#[tokio::test]
async fn sign_ins_that_ask_for_a_code_are_noted_once_in_a_while() {
    let (app, _) = start().await;
    for _ in 0..5 {
        at(&app).begin().await;
    }
    app.service.observations.write().await.unwrap();
    let root = app.actor("root", "api").await;
    let path = "/audit_events?action=user.second_factor_asked";
    let asked = root.read(path).await;
    assert_eq!(asked.as_array().unwrap().len(), 1, "{asked}");
    assert_eq!(asked[0]["details"]["author_name"], "alice", "{asked}");
}

#[tokio::test]
async fn many_codes_at_a_time_are_no_more_than_one_after_the_other() {
    let (app, device) = start().await;
    let begun = at(&app).begin().await;
    let codes: Vec<String> = (0..40)
        .map(|number| wrong_code(&device, app.now(), number))
        .collect();
    let tried = codes.iter().map(|code| at(&app).end(&begun, code));
    let refused = futures_util::future::join_all(tried).await;
    let wrong = Err(WRONG.to_owned());
    let looked_at = refused.iter().filter(|answer| **answer == wrong).count();
    assert_eq!(looked_at, 10);
}

#[tokio::test]
async fn a_sign_in_awaits_its_code_for_five_minutes_and_its_user() {
    const ENDED: &str = "no sign-in awaits a code";
    let (app, device) = start().await;
    let late = at(&app).begin().await;
    app.clock.advance(Duration::minutes(5));
    let code = device.shows(app.now());
    assert_eq!(at(&app).end(&late, &code).await, Err(ENDED.to_owned()));
    let begun = at(&app).begin().await;
    app.block("alice").await;
    assert_eq!(at(&app).end(&begun, &code).await, Err(ENDED.to_owned()));
}
