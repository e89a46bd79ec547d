//! Registries that were started before keys changed, and those that were started after.

use chrono::Duration;
use wharfinger::domain::clock::Clock;

use super::fleet::{Fleet, header_of, issued, leaf_of, start};
use crate::harness::{SeededEntropy, TestApp};

#[tokio::test]
async fn after_a_rotation_registries_with_the_authority_go_on() {
    let app = start().await;
    let before = issued(&app.anonymous(), "certified", "").await;
    let fleet = Fleet::start(&app, "certified");
    app.clock.advance(Duration::seconds(1));
    app.keys
        .rotate(app.now(), &SeededEntropy::default())
        .unwrap();
    let after = issued(&app.anonymous(), "certified", "").await;
    assert_ne!(leaf_of(&before), leaf_of(&after));
    // The bundle is that of before. zot knows one key and no chain: hence trust = "pinned".
    assert_eq!(fleet.judge(&after, app.now()), "++++ -- ++ -");
    assert_eq!(
        fleet.refusal(8, &after, app.now()),
        Some("the signature is wrong")
    );
    // What the old key signed is good at a registry that starts now.
    let later = Fleet::start(&app, "certified");
    assert_eq!(later.judge(&before, app.now()), "++++ -- ++ +");
    assert_eq!(later.judge(&after, app.now()), "++++ -- ++ -");
}

#[tokio::test]
async fn keys_that_rotate_by_themselves_need_no_new_bundle_for_a_year() {
    let app = start().await;
    let [certified, pinned] = ["certified", "pinned"].map(|service| Fleet::start(&app, service));
    let entropy = SeededEntropy::default();
    let mut leaves = Vec::new();
    for _ in 0..12 {
        app.clock.advance(Duration::days(31));
        app.keys.follow(app.now(), &entropy).unwrap();
        let now = app.clock.instant();
        let token = issued(&app.anonymous(), "certified", "").await;
        assert_eq!(certified.judge(&token, now), "++++ -- ++ -");
        leaves.push(leaf_of(&token));
        // A pinned key is none of those that come and go.
        let token = issued(&app.anonymous(), "pinned", "").await;
        assert_eq!(pinned.judge(&token, now), "---- ++ ++ +");
    }
    leaves.dedup();
    assert_eq!(leaves.len(), 12, "a new key each time");
}

#[tokio::test]
async fn a_pinned_key_changes_when_it_is_told_to_and_zot_needs_the_new_one() {
    let app = start().await;
    let entropy = SeededEntropy::default();
    let before = Fleet::start(&app, "pinned");
    app.clock.advance(Duration::seconds(1));
    let service = "pinned".to_owned().try_into().unwrap();
    app.keys
        .rotate_pinned(&service, app.now(), &entropy)
        .unwrap();
    let token = issued(&app.anonymous(), "pinned", "").await;
    assert_eq!(before.judge(&token, app.now()), "---- -- -- -");
    let after = Fleet::start(&app, "pinned");
    assert_eq!(after.judge(&token, app.now()), "---- ++ ++ +");
}

#[tokio::test]
async fn after_a_rotation_registries_with_a_key_set_have_a_day_to_restart() {
    let app = start().await;
    let not_restarted = Fleet::start(&app, "keyed");
    app.clock.advance(Duration::seconds(1));
    let entropy = SeededEntropy::default();
    app.keys.rotate(app.now(), &entropy).unwrap();
    let restarted = Fleet::start(&app, "keyed");
    let fleets = [&not_restarted, &restarted];
    let old_key = ["---- ++ ++ +", "---- ++ ++ +"];
    assert_eq!(judge(&app, "keyed", fleets).await, old_key);
    app.clock
        .advance(Duration::hours(24) - Duration::seconds(1));
    assert_eq!(judge(&app, "keyed", fleets).await, old_key, "for a day");
    app.clock.advance(Duration::seconds(1));
    let new_key = ["---- -- -- -", "---- ++ ++ -"];
    assert_eq!(judge(&app, "keyed", fleets).await, new_key, "from then on");
    let token = issued(&app.anonymous(), "keyed", "").await;
    assert_eq!(
        not_restarted.refusal(4, &token, app.now()),
        Some("the key is unknown")
    );
}

/// The key that signed them stays for as long as any token could be made to live.
#[tokio::test]
async fn tokens_outlive_the_lifetimes_with_which_they_were_made() {
    let long = "[[registry]]\nservice = \"container_registry\"\npull_lifetime = \"24h\"\n";
    let app = TestApp::start_with(long).await;
    let token = app.anonymous().ask(&[]).await;
    app.clock.advance(Duration::seconds(1));
    let entropy = SeededEntropy::default();
    app.keys.rotate(app.now(), &entropy).unwrap();
    let app = app.restart_with("").await;
    app.clock.advance(Duration::hours(23));
    app.keys.follow(app.now(), &entropy).unwrap();
    let left = token.claims(&app.keys)["exp"].as_i64().unwrap() - app.now().timestamp();
    assert!(left > 3500, "{left} s are left");
    app.clock.advance(Duration::hours(2));
    app.keys.follow(app.now(), &entropy).unwrap();
    assert_eq!(app.keys.keys(app.now()).len(), 1);
}

/// The disk is full when the service makes its next key, and has room again within the day.
#[tokio::test]
async fn a_registry_that_restarts_in_time_has_a_key_whose_set_could_not_be_written_at_first() {
    let app = start().await;
    let entropy = SeededEntropy::default();
    let follow = || app.keys.follow(app.now(), &entropy);
    let obstacle = app.keys.jwks_path().with_extension("new");
    std::fs::create_dir(&obstacle).unwrap();
    app.clock.advance(Duration::days(31));
    for _ in 0..3 {
        let told = follow().unwrap_err().to_string();
        assert!(told.contains("jwks.json: cannot be written"), "{told}");
    }
    std::fs::remove_dir(obstacle).unwrap();
    follow().unwrap();
    let restarted = Fleet::start(&app, "keyed");
    app.clock.advance(Duration::hours(24));
    follow().unwrap();
    let token = issued(&app.anonymous(), "keyed", "").await;
    assert_eq!(restarted.judge(&token, app.clock.instant()), "---- ++ ++ -");
}

#[tokio::test]
async fn a_new_authority_certifies_when_registries_had_time_to_restart() {
    let app = start().await;
    let not_restarted = Fleet::start(&app, "certified");
    app.clock.advance(Duration::seconds(1));
    app.renew_authority();
    let restarted = Fleet::start(&app, "certified");
    let fleets = [&not_restarted, &restarted];
    let old = judge(&app, "certified", fleets).await;
    assert_eq!(
        old.map(|verdicts| verdicts[..10].to_owned()),
        ["++++ -- ++"; 2]
    );
    app.clock.advance(Duration::days(366));
    let new = judge(&app, "certified", fleets).await;
    assert_eq!(new, ["---- -- -- -", "++++ -- ++ -"]);
    let token = issued(&app.anonymous(), "certified", "").await;
    assert_eq!(
        not_restarted.refusal(0, &token, app.now()),
        Some("the chain does not verify")
    );
}

#[tokio::test]
async fn keys_that_are_made_in_one_second_follow_one_another() {
    let app = start().await;
    let entropy = SeededEntropy::default();
    let service = "pinned".to_owned().try_into().unwrap();
    let keyed = Fleet::start(&app, "keyed");
    for _ in 0..4 {
        // The first start made keys in this second too.
        let made = app.keys.rotate_pinned(&service, app.now(), &entropy);
        let token = issued(&app.anonymous(), "pinned", "").await;
        assert_eq!(header_of(&token)["kid"], made.unwrap().kid);
        app.keys.rotate(app.now(), &entropy).unwrap();
        let token = issued(&app.anonymous(), "keyed", "").await;
        assert_eq!(keyed.judge(&token, app.now()), "---- ++ ++ +");
    }
    let newest = app.keys.rotate(app.now(), &entropy).unwrap();
    app.clock.advance(Duration::seconds(5));
    app.keys.follow(app.now(), &entropy).unwrap();
    let token = issued(&app.anonymous(), "certified", "").await;
    assert_eq!(header_of(&token)["kid"], newest.kid, "within 5 s");
}

/// Lets the service follow its keys, and two fleets judge what it issues then.
async fn judge(app: &TestApp, service: &str, fleets: [&Fleet; 2]) -> [String; 2] {
    app.keys
        .follow(app.now(), &SeededEntropy::default())
        .unwrap();
    let token = issued(&app.anonymous(), service, "").await;
    fleets.map(|fleet| fleet.judge(&token, app.clock.instant()))
}
