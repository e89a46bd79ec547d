//! Setting up two-factor authentication.

use chrono::Duration;
use serde_json::{Value, json};

use super::{CONFIRM, PATH, set_up, shown};
use crate::harness::World;

#[tokio::test]
async fn a_secret_is_given_and_a_code_turns_it_on() {
    let World { app, alice, .. } =
        World::start_with("[admin]\npublic_url = \"https://auth.example.com/wharf\"\n").await;
    let begun = alice.post(PATH, Value::Null).await;
    assert_eq!(begun.status, 201, "{}", begun.body);
    assert_eq!(begun.header("cache-control"), "no-store");
    let secret = begun.json()["secret"].as_str().unwrap().to_owned();
    assert_eq!(secret.len(), 32, "160 bits in base32");
    let uri = format!(
        "otpauth://totp/auth.example.com:alice?secret={secret}&issuer=auth.example.com&algorithm=SHA1&digits=6&period=30"
    );
    assert_eq!(begun.json()["otpauth_uri"], uri);
    assert_eq!(
        app.last_audited().await,
        "alice user.two_factor_begun alice"
    );
    assert_eq!(alice.read("/user").await["two_factor_enabled"], false);
    assert!(app.login("alice").works().await, "nothing is on yet");

    let code = shown(&secret, app.now());
    let confirmed = alice.post(CONFIRM, json!({ "code": code })).await;
    assert_eq!(confirmed.status, 201, "{}", confirmed.body);
    assert_eq!(confirmed.header("cache-control"), "no-store");
    let codes = confirmed.json()["recovery_codes"].clone();
    let codes: Vec<String> = serde_json::from_value(codes).unwrap();
    assert_eq!(codes.len(), 10);
    for code in &codes {
        let groups: Vec<&str> = code.split('-').collect();
        assert!(groups.len() == 4 && groups.iter().all(|group| group.len() == 4));
    }
    assert_eq!(alice.read("/user").await["two_factor_enabled"], true);
    let event = app.last_audited().await;
    assert_eq!(event, "alice user.two_factor_enabled alice");
}

#[tokio::test]
async fn without_a_name_of_its_own_the_service_is_wharfinger() {
    let World { alice, .. } = World::start().await;
    let begun = alice.post(PATH, Value::Null).await.json();
    let uri = begun["otpauth_uri"].as_str().unwrap();
    assert!(uri.starts_with("otpauth://totp/Wharfinger:alice?"), "{uri}");
}

#[tokio::test]
async fn a_secret_that_is_not_confirmed_is_replaced_by_the_next() {
    let World { app, alice, .. } = World::start().await;
    let first = alice.post(PATH, Value::Null).await.json();
    let second = alice.post(PATH, Value::Null).await.json();
    assert_ne!(first["secret"], second["secret"]);
    let confirm = async |secret: &Value| {
        let code = shown(secret.as_str().unwrap(), app.now());
        alice.post(CONFIRM, json!({ "code": code })).await
    };
    let refused = confirm(&first["secret"]).await;
    assert_eq!(
        refused.told(),
        r#"403 {"message":"403 Forbidden - the code is wrong or was used before"}"#
    );
    assert_eq!(confirm(&second["secret"]).await.status, 201);
}

#[tokio::test]
async fn a_secret_is_confirmed_within_ten_minutes() {
    let World { app, alice, .. } = World::start().await;
    for (after, expected) in [(600, 400), (599, 201)] {
        let begun = alice.post(PATH, Value::Null).await.json();
        app.clock.advance(Duration::seconds(after));
        let code = shown(begun["secret"].as_str().unwrap(), app.now());
        let reply = alice.post(CONFIRM, json!({ "code": code })).await;
        assert_eq!(reply.status, expected, "{}", reply.body);
    }
}

#[tokio::test]
async fn what_is_on_is_not_set_up_again_and_what_is_not_begun_not_confirmed() {
    let World { app, alice, .. } = World::start().await;
    let reply = alice.post(CONFIRM, json!({ "code": "123456" })).await;
    assert_eq!(
        reply.told(),
        r#"400 {"message":"400 Bad request - there is no secret to confirm; begin the set-up again"}"#
    );
    alice.post(PATH, Value::Null).await;
    let reply = alice.post(CONFIRM, json!({})).await;
    assert_eq!(reply.told(), r#"400 {"error":"code is missing"}"#);
    for no_code in ["12345", "letters", "0123-4567-89ab-cdef"] {
        let reply = alice.post(CONFIRM, json!({ "code": no_code })).await;
        assert_eq!(reply.status, 403, "{no_code}");
    }
    let device = set_up(&app, &alice).await;
    let expected = r#"409 {"message":"two-factor authentication is on already; turn it off before you set it up anew"}"#;
    assert_eq!(alice.post(PATH, Value::Null).await.told(), expected);
    let code = json!({ "code": device.shows(app.now()) });
    assert_eq!(alice.post(CONFIRM, code).await.told(), expected);
}

#[tokio::test]
async fn a_token_that_only_reads_sets_nothing_up() {
    let World { app, .. } = World::start().await;
    for scope in ["read_api", "read_user", "write_registry"] {
        let reader = app.actor("alice", scope).await;
        assert_eq!(reader.post(PATH, Value::Null).await.status, 403, "{scope}");
        assert_eq!(reader.delete(PATH).await.status, 403, "{scope}");
    }
    assert_eq!(app.anonymous().post(PATH, Value::Null).await.status, 401);
}
