//! What the configuration says about the ends of tokens, for every way to make one.

use axum::http::StatusCode;
use serde_json::{Value, json};
use wharfinger::domain::expiry::Expiry;

use crate::harness::{Actor, Reply, TestApp};

struct Instance {
    app: TestApp,
    alice: Actor,
}

async fn start(tokens: &str) -> Instance {
    let app = TestApp::start_with(&format!("[access_tokens]\n{tokens}")).await;
    app.administrator("alice").await;
    let end = Expiry::on("2026-04-13".parse().unwrap());
    let alice = app
        .actor_with("alice", "api", |token| token.expiring(Some(end)))
        .await;
    Instance { app, alice }
}

impl Instance {
    /// Makes a token with what is said about its end: for a user, with the caller's own, and in
    /// another's place.
    async fn made(&self, end: &Value) -> [Reply; 3] {
        let mut body = json!({ "name": "x", "scopes": ["read_user"] });
        body.as_object_mut()
            .unwrap()
            .extend(end.as_object().unwrap().clone());
        let old = json!({ "name": "old", "scopes": ["read_user"], "expires_at": "2026-03-20" });
        let alice = &self.alice;
        let users = format!(
            "{}/personal_access_tokens",
            self.app.user_path("alice").await
        );
        let old = alice.post(&users, old).await.json();
        let rotate = format!("/personal_access_tokens/{}/rotate", old["id"]);
        [
            alice.post(&users, body.clone()).await,
            alice.post("/user/personal_access_tokens", body).await,
            alice.post(&rotate, end.clone()).await,
        ]
    }

    async fn ends(&self, end: Value) -> String {
        let ends = self.made(&end).await.map(|reply| {
            assert!(reply.status.is_success(), "{}", reply.body);
            reply.json()["expires_at"]
                .as_str()
                .unwrap_or("never")
                .to_owned()
        });
        ends.join(" ")
    }

    async fn refused(&self, end: Value) -> String {
        let told = self.made(&end).await.map(|reply| {
            assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.body);
            reply.body
        });
        told.join("\n")
    }
}

#[tokio::test]
async fn without_a_word_tokens_live_as_long_as_is_asked() {
    let free = start("").await;
    // None lasts longer than the token with which it is made.
    let bounded = "2026-04-13 2026-04-13 2026-03-21";
    assert_eq!(free.ends(json!({})).await, bounded);
    assert_eq!(
        free.ends(json!({ "expires_at": "2020-01-01" })).await,
        "2020-01-01 2020-01-01 2020-01-01"
    );
}

#[tokio::test]
async fn no_token_lives_longer_than_the_longest_lifetime() {
    let capped = start("longest_lifetime = \"30d\"").await;
    assert_eq!(
        capped.ends(json!({})).await,
        "2026-04-13 2026-04-13 2026-03-21"
    );
    assert_eq!(
        capped.ends(json!({ "expires_at": null })).await,
        "2026-04-13 2026-04-13 2026-03-21"
    );
    assert_eq!(
        capped.ends(json!({ "expires_at": "2026-04-13" })).await,
        "2026-04-13 2026-04-13 2026-04-13"
    );
    insta::assert_snapshot!(capped.refused(json!({ "expires_at": "2026-04-14" })).await, @r#"
    {"message":{"expires_at":["must be before 2026-04-13"]}}
    {"message":{"expires_at":["must not be after 2026-04-13: the token that it is made with ends then"]}}
    {"message":{"expires_at":["must be before 2026-04-13"]}}
    "#);
    insta::assert_snapshot!(capped.refused(json!({ "expires_in": "721h" })).await, @r#"
    {"message":{"expires_at":["must not be after 2026-04-13T15:09:26Z"]}}
    {"message":{"expires_at":["must not be after 2026-04-13: the token that it is made with ends then"]}}
    {"message":{"expires_at":["must not be after 2026-04-13T15:09:26Z"]}}
    "#);
}

#[tokio::test]
async fn what_is_older_than_the_setting_keeps_to_it_when_it_is_changed_or_rotated() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let old = app.actor("alice", "api").await;
    let endless = app.actor("alice", "api").await;
    let setting = "[access_tokens]\nlongest_lifetime = \"30d\"";
    let app = app.restart_with(setting).await;
    let (old, endless) = (app.again(&old), app.again(&endless));
    let path = old.token_path();
    let renamed = old.patch(&path, json!({ "name": "new" })).await;
    assert_eq!(renamed.json()["expires_at"], Value::Null);
    let late = old
        .patch(&path, json!({ "expires_at": "2026-04-14" }))
        .await;
    insta::assert_snapshot!(late.body, @r#"{"message":{"expires_at":["must be before 2026-04-13"]}}"#);
    assert_eq!(late.status, StatusCode::BAD_REQUEST);
    let shorter = old.patch(&path, json!({ "expires_in": "719h" })).await;
    assert_eq!(
        shorter.json()["expires_at_time"],
        "2026-04-13T14:09:26.000Z"
    );
    let rotate = "/personal_access_tokens/self/rotate";
    let new = old.post(rotate, json!({ "grace": "300d" })).await;
    assert_eq!(new.json()["expires_at"], "2026-03-21");
    let seen = old.get(&path).await;
    assert_eq!(seen.json()["grace_until"], "2026-03-21T00:00:00.000Z");
    let new = endless.post(rotate, json!({ "grace": "300d" })).await;
    assert_eq!(new.json()["expires_at"], "2026-04-13");
    let seen = endless.get(&endless.token_path()).await;
    assert_eq!(seen.json()["grace_until"], "2026-04-13T00:00:00.000Z");
}

#[tokio::test]
async fn a_default_lifetime_is_for_new_tokens_of_which_nothing_is_said() {
    let usual = start("default_lifetime = \"10d\"").await;
    assert_eq!(
        usual.ends(json!({})).await,
        "2026-03-24 2026-03-24 2026-03-21"
    );
    assert_eq!(
        usual.ends(json!({ "expires_at": null })).await,
        "2026-04-13 2026-04-13 2026-03-21"
    );
}

#[tokio::test]
async fn where_tokens_must_end_one_without_end_is_refused() {
    let ending = start("allow_endless = false").await;
    let path = format!(
        "{}/personal_access_tokens",
        ending.app.user_path("alice").await
    );
    for end in [json!({}), json!({ "expires_at": null })] {
        let mut body = json!({ "name": "x", "scopes": ["read_user"] });
        body.as_object_mut()
            .unwrap()
            .extend(end.as_object().unwrap().clone());
        let reply = ending.alice.post(&path, body).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        insta::allow_duplicates! {
            insta::assert_snapshot!(reply.pretty(), @r#"
            {
              "message": {
                "expires_at": [
                  "can't be blank: tokens need an end here, a date or a duration"
                ]
              }
            }
            "#);
        }
    }
    let usual = start("allow_endless = false\ndefault_lifetime = \"10d\"").await;
    assert_eq!(
        usual.ends(json!({ "expires_at": null })).await,
        "2026-03-24 2026-04-13 2026-03-21"
    );
}
