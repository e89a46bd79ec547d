//! Turning two-factor authentication off: a stolen token must not do it.

use axum::http::StatusCode;
use chrono::Duration;
use serde_json::json;
use tokio::time::sleep;
use wharfinger::domain::authority::Authority;
use wharfinger::domain::events::detail::Detail;
use wharfinger::domain::events::{Event, EventAction};
use wharfinger::domain::users::password::PasswordHash;
use wharfinger::storage::users;

use super::{PATH, set_up, wrong_code};
use crate::harness::{PASSWORD, TestApp, World, outdated_hash, outdated_hash_of};

#[tokio::test]
async fn a_token_alone_turns_nothing_off() {
    let World { app, alice, .. } = World::start().await;
    set_up(&app, &alice).await;
    let told = async |body| alice.call("DELETE", PATH, body).await.told();
    let missing = r#"400 {"error":"password or code is missing"}"#;
    for nothing in [json!({}), json!({ "password": "", "code": "" })] {
        assert_eq!(told(nothing).await, missing);
    }
    assert_eq!(
        told(json!({ "password": PASSWORD, "code": "123456" })).await,
        r#"400 {"error":"password and code are one too many: send one"}"#
    );
    assert_eq!(
        told(json!({ "password": "wrong" })).await,
        r#"403 {"message":"403 Forbidden - the password is wrong"}"#
    );
    assert_eq!(
        told(json!({ "code": "0000-0000-0000-0000" })).await,
        r#"403 {"message":"403 Forbidden - the code is wrong or was used before"}"#
    );
    assert_eq!(alice.read("/user").await["two_factor_enabled"], true);
    assert!(!app.login("alice").works().await);
}

#[tokio::test]
async fn a_password_a_code_or_a_recovery_code_turns_it_off() {
    let World { app, alice, .. } = World::start().await;
    for proof in ["password", "code", "recovery"] {
        let device = set_up(&app, &alice).await;
        app.clock.advance(Duration::seconds(30));
        let body = match proof {
            "password" => json!({ "password": PASSWORD }),
            "code" => json!({ "code": device.shows(app.now()) }),
            _ => json!({ "code": device.recovery_codes[9] }),
        };
        let reply = alice.call("DELETE", PATH, body).await;
        assert_eq!(
            reply.status,
            StatusCode::NO_CONTENT,
            "{proof}: {}",
            reply.body
        );
        assert_eq!(alice.read("/user").await["two_factor_enabled"], false);
        let by = if proof == "password" {
            "password"
        } else {
            "code"
        };
        let event = format!("alice user.two_factor_disabled alice by {by}");
        assert_eq!(app.last_audited().await, event);
        assert!(app.login("alice").works().await, "{proof}");
        let again = alice
            .call("DELETE", PATH, json!({ "password": PASSWORD }))
            .await;
        assert_eq!(
            again.told(),
            r#"404 {"message":"404 Two-Factor Authentication Not Found"}"#
        );
        app.clock.advance(Duration::seconds(30));
    }
}

#[tokio::test]
async fn wrong_codes_and_passwords_are_throttled() {
    let World { app, alice, .. } = World::start_with("[failed_logins]\nfree = 3\n").await;
    let device = set_up(&app, &alice).await;
    let thief = alice.at("203.0.113.7");
    let tried = async |body| thief.call("DELETE", PATH, body).await;
    let wrong = |number| wrong_code(&device, app.now(), number);
    let codes = [0, 1, 2].map(|number| json!({ "code": wrong(number) }));
    let passwords = ["a", "b", "c"].map(|text| json!({ "password": text }));
    for (three, right) in [
        (codes, json!({ "code": device.shows(app.now()) })),
        (passwords, json!({ "password": PASSWORD })),
    ] {
        for body in three {
            assert_eq!(tried(body).await.status, StatusCode::FORBIDDEN);
        }
        let reply = tried(right).await;
        assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(reply.header("retry-after"), "1");
        assert_eq!(
            reply.json()["message"],
            "429 Too Many Requests - too many codes or passwords were wrong; try again in 1 second"
        );
    }
    assert_eq!(alice.read("/user").await["two_factor_enabled"], true);
}

/// Lets alice's password be replaced by the one with that hash, after the one that she sent was found right and before that counts.
async fn replace_the_password_meanwhile(app: &TestApp, hash: String) {
    let computed = || app.service.issuer.admission.passwords.numbers().computed;
    let (before, change) = (computed(), app.hold_changes().await);
    while computed() == before {
        sleep(std::time::Duration::from_millis(1)).await;
    }
    let user = app.visible_user("alice").await.user().clone();
    let hash = PasswordHash::from_phc(hash);
    users::set_password(&change, user.id, &hash).await.unwrap();
    let grant = change.grant(Authority::require_administrator).unwrap();
    let event = Event::new(EventAction::PasswordChanged, &user, Detail::nothing());
    change.commit([grant.event(event)]).await.unwrap();
}

/// A new hash of the same password, which any login may make, is no other password.
#[tokio::test]
async fn a_password_that_is_replaced_meanwhile_turns_nothing_off() {
    let World { app, alice, .. } = World::start().await;
    for (hash, status) in [
        (outdated_hash(), 204),
        (outdated_hash_of("another good password"), 403),
    ] {
        set_up(&app, &alice).await;
        let body = json!({ "password": PASSWORD });
        let turned_off = alice.call("DELETE", PATH, body);
        let replaced = replace_the_password_meanwhile(&app, hash);
        let ((), turned_off) = tokio::join!(replaced, turned_off);
        assert_eq!(turned_off.status, status, "{}", turned_off.body);
        let is_on = alice.read("/user").await["two_factor_enabled"].clone();
        assert_eq!(is_on, status == 403);
    }
}
