//! Clocks that were wrong for a moment: keys that are not valid yet wait, and stop nothing.

use std::os::unix::fs::PermissionsExt;

use chrono::{DateTime, Duration, Utc};
use tempfile::TempDir;
use wharfinger::domain::clock::Clock;
use wharfinger::domain::key_schedule::KeySchedule;
use wharfinger::server::{SystemClock, SystemEntropy};
use wharfinger::signing::KeyRing;

use super::fleet::{Fleet, header_of, issued, leaf_of, start};
use crate::cli::running::{send, start as start_service, within};
use crate::cli::{Workplace, stderr};
use crate::harness::{SeededEntropy, TestApp};

/// The clock is wrong by `by`, for as long as the keys are followed once.
async fn with_a_wrong_clock(app: &TestApp, by: Duration) {
    app.clock.advance(by);
    app.keys
        .follow(app.now(), &SeededEntropy::default())
        .unwrap();
    issued(&app.anonymous(), "certified", "").await;
    app.clock.advance(-by + Duration::seconds(3));
    app.keys
        .follow(app.now(), &SeededEntropy::default())
        .unwrap();
}

#[tokio::test]
async fn a_key_from_the_future_waits_and_stops_no_start() {
    let app = start().await;
    let fleet = Fleet::start(&app, "certified");
    let before = leaf_of(&issued(&app.anonymous(), "certified", "").await);
    with_a_wrong_clock(&app, Duration::days(40)).await;
    let token = issued(&app.anonymous(), "certified", "").await;
    assert_eq!(leaf_of(&token), before, "the key that is valid signs");
    assert_eq!(fleet.judge(&token, app.now()), "++++ -- ++ +");
    let notice = app.keys.key_notices(app.now()).join("; ");
    assert!(
        notice.contains("its certificate is valid only from"),
        "{notice}"
    );
    assert!(
        notice.ends_with("run `wharfinger keys rotate`. Until then another key signs"),
        "{notice}"
    );

    // A new key signs at once, although the one from the future is younger by its name.
    app.clock.advance(Duration::seconds(1));
    app.keys
        .rotate(app.now(), &SeededEntropy::default())
        .unwrap();
    let token = issued(&app.anonymous(), "certified", "").await;
    let rotated = leaf_of(&token);
    assert_ne!(rotated, before);
    assert_eq!(fleet.judge(&token, app.now()), "++++ -- ++ -");
    let app = app
        .restart_with("[[registry]]\nservice = \"certified\"")
        .await;
    let token = issued(&app.anonymous(), "certified", "").await;
    assert_eq!(leaf_of(&token), rotated);

    // When its time has come it is a key like any other.
    app.clock.advance(Duration::days(41));
    app.keys
        .follow(app.now(), &SeededEntropy::default())
        .unwrap();
    assert!(app.keys.key_notices(app.now()).is_empty());
    let token = issued(&app.anonymous(), "certified", "").await;
    assert_ne!(leaf_of(&token), rotated);
    assert_eq!(fleet.judge(&token, app.now()), "++++ -- ++ -");
}

#[tokio::test]
async fn a_clock_that_is_a_little_fast_changes_no_signature() {
    let app = start().await;
    app.clock.advance(Duration::days(30) - Duration::hours(1));
    let before = leaf_of(&issued(&app.anonymous(), "certified", "").await);
    with_a_wrong_clock(&app, Duration::hours(3)).await;
    assert_eq!(
        leaf_of(&issued(&app.anonymous(), "certified", "").await),
        before
    );
    let entropy = SeededEntropy::default();
    let made = app.keys.rotate(app.now(), &entropy).unwrap();
    let token = issued(&app.anonymous(), "certified", "").await;
    let rotated = leaf_of(&token);
    assert_ne!(rotated, before, "a rotation is never late");
    assert_eq!(header_of(&token)["kid"], made.kid);
    app.clock.advance(Duration::hours(3));
    app.keys.follow(app.now(), &entropy).unwrap();
    let token = issued(&app.anonymous(), "certified", "").await;
    assert_eq!(leaf_of(&token), rotated, "nor is it taken back");
}

#[tokio::test]
async fn a_first_start_with_a_fast_clock_keeps_the_promise_to_those_who_read_key_sets() {
    let app = start().await;
    let entropy = SeededEntropy::default();
    // Against the time of the first key, the clock was two hours fast.
    app.clock.advance(Duration::hours(-2));
    let keyed = Fleet::start(&app, "keyed");
    app.keys.rotate(app.now(), &entropy).unwrap();
    for hours in [0, 2, 21] {
        app.clock.advance(Duration::hours(hours));
        app.keys.follow(app.now(), &entropy).unwrap();
        let token = issued(&app.anonymous(), "keyed", "").await;
        assert_eq!(keyed.judge(&token, app.now()), "---- ++ ++ +");
    }
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn schedule() -> KeySchedule {
    KeySchedule {
        rotate_every: std::time::Duration::from_hours(24 * 30),
        jwks_activation: std::time::Duration::from_hours(24),
        ca_activation: std::time::Duration::from_hours(24 * 30),
        modes: Vec::new(),
        pinned: Vec::new(),
    }
    .for_registries(&[])
}

/// The machine's first start had a clock from the future.
#[test]
fn keys_that_are_all_from_the_future_can_be_repaired() {
    let (folder, entropy) = (TempDir::new().unwrap(), SeededEntropy::default());
    let open = |now| KeyRing::open_or_create(folder.path(), schedule(), now, &entropy);
    let (future, now) = (at("2031-01-01T00:00:00Z"), at("2026-11-26T12:00:00Z"));
    drop(open(future).unwrap());
    let told = open(now).unwrap_err().to_string();
    assert!(
        told.contains("is this machine's clock right?")
            && told.contains("run `wharfinger keys ca renew --yes`"),
        "{told}"
    );
    KeyRing::renew_authority(folder.path(), &schedule(), now, &entropy).unwrap();
    let ring = open(now).unwrap().ring;
    assert_eq!(ring.keys(now).len(), 1);
    assert!(ring.authority().not_after < future + Duration::days(3650));
}

#[test]
fn signing_keys_that_are_all_from_the_future_are_told_and_replaced() {
    let (folder, entropy) = (TempDir::new().unwrap(), SeededEntropy::default());
    let open = |now| KeyRing::open_or_create(folder.path(), schedule(), now, &entropy);
    let now = at("2026-11-26T12:00:00Z");
    drop(open(now).unwrap());
    let first = std::fs::read_dir(folder.path().join("signing"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let ring = open(now + Duration::days(40)).unwrap().ring;
    ring.follow(now + Duration::days(40), &entropy).unwrap();
    std::fs::remove_file(first.path()).unwrap();
    let told = open(now).unwrap_err().to_string();
    assert!(
        told.contains("is this machine's clock right?")
            && told.contains("run `wharfinger keys rotate`"),
        "{told}"
    );
    let rotated = KeyRing::rotate_in(folder.path(), schedule(), now, &entropy).unwrap();
    let aside = rotated.aside;
    assert_eq!(rotated.made.created_at, now);
    assert_eq!(aside.len(), 1);
    assert!(aside[0].starts_with(folder.path().join("early")) && aside[0].exists());
    assert_eq!(open(now).unwrap().ring.keys(now).len(), 1);
}

/// A renewal while the clock is wrong must not be the end of an authority that every registry trusts.
#[test]
fn an_authority_that_a_wrong_clock_replaced_can_be_brought_back() {
    let (folder, entropy) = (TempDir::new().unwrap(), SystemEntropy);
    let now = SystemClock.now();
    drop(KeyRing::open_or_create(folder.path(), schedule(), now, &entropy).unwrap());
    let trusted = std::fs::read_to_string(folder.path().join("public/ca.crt")).unwrap();
    for wrong in [Duration::days(-2), Duration::days(15 * 365)] {
        let renewed =
            KeyRing::renew_authority(folder.path(), &schedule(), now + wrong, &entropy).unwrap();
        let kept = renewed.replaced.unwrap();
        assert_eq!(kept.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let certificate = kept.with_extension("crt");
        std::fs::rename(certificate, folder.path().join("public/ca.crt")).unwrap();
        std::fs::rename(kept, folder.path().join("ca.key")).unwrap();
        std::fs::remove_dir_all(folder.path().join("signing")).unwrap();
        let opened = KeyRing::open_or_create(folder.path(), schedule(), now, &entropy).unwrap();
        assert_eq!(opened.ring.ca_certificate_pem(now), trusted, "{wrong}");
    }
    let renewed = KeyRing::renew_authority(folder.path(), &schedule(), now, &entropy).unwrap();
    assert_eq!(renewed.replaced, None, "they overlap");
}

/// It may be the clock of the renewal that is wrong, so nothing that registries trust is replaced unasked.
#[test]
fn an_authority_that_is_not_valid_by_the_clock_is_replaced_only_if_that_is_confirmed() {
    let workplace = Workplace::empty();
    let keys = workplace.path().join("keys");
    let (future, entropy) = (SystemClock.now() + Duration::days(400), SystemEntropy);
    drop(KeyRing::open_or_create(&keys, schedule(), future, &entropy).unwrap());
    let trusted = || std::fs::read_to_string(keys.join("public/ca.crt")).unwrap();
    let before = trusted();
    let told = workplace.fails(1, &["keys", "rotate"]);
    assert!(
        told.contains("is this machine's clock right?") && told.contains("keys ca renew --yes"),
        "{told}"
    );
    let asked = workplace.fails(1, &["keys", "ca", "renew"]);
    assert!(
        asked.contains("If the clock is wrong, correct it, and do nothing else.")
            && asked.contains("There is nobody to ask; say --yes to do it"),
        "{asked}"
    );
    assert_eq!(trusted(), before);
    workplace.ok(&["keys", "ca", "renew", "--yes"]);
    assert_ne!(trusted(), before);
    // Nothing is left to be said.
    let noted = stderr(&workplace.run(&["keys", "list"]));
    assert_eq!(noted, "");
    assert_eq!(std::fs::read_dir(keys.join("early")).unwrap().count(), 1);
}

/// A key from the future is put aside by the rotation that the advice about it names, and the advice ends.
#[test]
fn a_rotation_puts_keys_from_the_future_aside() {
    let workplace = Workplace::empty();
    let keys = workplace.path().join("keys");
    let (now, entropy) = (SystemClock.now(), SystemEntropy);
    let later = now + Duration::days(40);
    drop(KeyRing::open_or_create(&keys, schedule(), now, &entropy).unwrap());
    let ring = KeyRing::open(&keys, schedule(), later).unwrap();
    ring.rotate(later, &entropy).unwrap();
    let noted = stderr(&workplace.run(&["keys", "list"]));
    assert!(noted.contains("run `wharfinger keys rotate`"), "{noted}");
    let noted = stderr(&workplace.run(&["keys", "rotate"]));
    assert!(
        noted.contains("is not valid yet; it was moved to") && noted.contains("/keys/early/"),
        "{noted}"
    );
    let noted = stderr(&workplace.run(&["keys", "list"]));
    assert_eq!(noted, "");
    assert_eq!(std::fs::read_dir(keys.join("early")).unwrap().count(), 1);
}

/// Programs are told where keys were put that they may have to bring back.
#[test]
fn keys_that_are_put_aside_are_in_the_json() {
    let workplace = Workplace::empty();
    let keys = workplace.path().join("keys");
    let (now, entropy) = (SystemClock.now(), SystemEntropy);
    let aside = |told: &serde_json::Value| {
        let files = told["aside"].as_array().unwrap();
        assert_eq!(files.len(), 1, "{told}");
        let file = std::path::PathBuf::from(files[0].as_str().unwrap());
        assert!(file.starts_with(keys.join("early")) && file.exists());
    };
    drop(KeyRing::open_or_create(&keys, schedule(), now, &entropy).unwrap());
    let told = workplace.json(&["keys", "rotate"]);
    assert_eq!(told.get("aside"), None, "there is none");
    let later = now + Duration::days(40);
    let ring = KeyRing::open(&keys, schedule(), later).unwrap();
    ring.rotate(later, &entropy).unwrap();
    let told = workplace.json(&["keys", "rotate"]);
    assert!(told["kid"].is_string(), "{told}");
    aside(&told);

    std::fs::remove_dir_all(&keys).unwrap();
    drop(KeyRing::open_or_create(&keys, schedule(), later, &entropy).unwrap());
    let told = workplace.json(&["keys", "ca", "renew", "--yes"]);
    assert!(told["replaced"].is_string(), "{told}");
    aside(&told);
    let told = workplace.json(&["keys", "ca", "renew"]);
    assert_eq!(told.get("aside"), None, "there is none");
}

/// People are told, too.
#[test]
fn a_renewal_names_the_keys_that_it_puts_aside() {
    let workplace = Workplace::empty();
    let keys = workplace.path().join("keys");
    let (later, entropy) = (SystemClock.now() + Duration::days(40), SystemEntropy);
    drop(KeyRing::open_or_create(&keys, schedule(), later, &entropy).unwrap());
    let noted = stderr(&workplace.run(&["keys", "ca", "renew", "--yes"]));
    assert!(
        noted.contains("is not valid yet; it was moved to") && noted.contains("/keys/early/"),
        "{noted}"
    );
}

/// An authority that waits stands in the way of a renewal only while it is one that can take over.
#[test]
fn a_renewal_puts_aside_what_waits_and_is_not_valid_and_takes_what_is() {
    let (now, entropy) = (SystemClock.now(), SystemEntropy);
    let days = Duration::days;
    let make = |at: DateTime<Utc>, renewed: DateTime<Utc>| {
        let folder = TempDir::new().unwrap();
        drop(KeyRing::open_or_create(folder.path(), schedule(), at, &entropy).unwrap());
        KeyRing::renew_authority(folder.path(), &schedule(), renewed, &entropy).unwrap();
        folder
    };
    let renew = |folder: &TempDir, at| {
        let renewed = KeyRing::renew_authority(folder.path(), &schedule(), at, &entropy);
        let ring = KeyRing::open_or_create(folder.path(), schedule(), at, &entropy).unwrap();
        (renewed.unwrap(), ring.ring)
    };
    // The clock was ahead at the renewal: the next one is made anew.
    let folder = make(now, now + days(5 * 365));
    let question = KeyRing::replacement_question(folder.path(), now).unwrap();
    let question = question.unwrap();
    assert!(
        question.contains("which waits, is valid from"),
        "{question}"
    );
    let (renewed, _) = renew(&folder, now);
    assert_eq!(renewed.replaced, None);
    assert!(renewed.next.unwrap().begins_at < now + days(31));
    // Both have ended: another one is at work at once.
    let folder = make(now, now + days(3000));
    let (renewed, ring) = renew(&folder, now + days(8000));
    assert!(renewed.replaced.is_some() && renewed.next.is_none());
    assert_eq!(ring.keys(now + days(8000)).len(), 1);
    // The one that waits is valid, and is at work at once.
    let folder = make(now, now + days(3645));
    let bundle = std::fs::read_to_string(folder.path().join("public/ca.crt")).unwrap();
    let (renewed, ring) = renew(&folder, now + days(3700));
    assert!(renewed.replaced.is_some() && renewed.next.is_none());
    assert!(bundle.contains(&ring.ca_certificate_pem(now + days(3700))));
}

/// Nobody would look at the file: the operator is told, with the time and what to do, until it is done.
#[test]
fn an_authority_that_waits_and_is_from_the_future_is_told() {
    let workplace = Workplace::empty();
    let keys = workplace.path().join("keys");
    let (now, entropy) = (SystemClock.now(), SystemEntropy);
    let later = now + Duration::days(400);
    drop(KeyRing::open_or_create(&keys, schedule(), now, &entropy).unwrap());
    KeyRing::renew_authority(&keys, &schedule(), later, &entropy).unwrap();
    let begins = (later - Duration::days(1)).format("%Y-%m-%d");
    let expected = format!("keys/ca-next.key: its certificate is valid only from {begins}");
    let is_told = |told: &str| {
        told.contains("the next certificate authority waits and is not valid: ")
            && told.contains(&expected)
            && told.contains("run `wharfinger keys ca renew --yes`")
    };
    let running = start_service(&workplace, "log");
    let ready = || send(&running.ops, "GET /readyz", "");
    within(std::time::Duration::from_secs(10), "it is told", || {
        is_told(&ready())
    });
    assert!(ready().starts_with("HTTP/1.1 200"), "{}", ready());
    let log = || std::fs::read_to_string(workplace.path().join("log")).unwrap();
    assert!(is_told(&log()), "{}", log());
    for arguments in [&["keys", "list"][..], &["keys", "ca"]] {
        let noted = stderr(&workplace.run(arguments));
        assert!(is_told(&noted), "{arguments:?}: {noted}");
    }
    workplace.ok(&["keys", "ca", "renew", "--yes"]);
    within(std::time::Duration::from_secs(10), "it is over", || {
        ready().contains("a new certificate authority waits; bring public/ca.crt")
    });
}
