//! A rotated token that works for a while beside its successor.

use axum::http::StatusCode;
use chrono::Duration;
use serde_json::{Value, json};
use wharfinger::domain::expiry::Expiry;

use crate::harness::{Actor, TestApp};

const ROTATE_SELF: &str = "/personal_access_tokens/self/rotate";

/// A token of alice that was rotated with a grace, and the one in its place.
struct Rotated {
    app: TestApp,
    /// Alice with a third token, to look with.
    alice: Actor,
    old: Actor,
    new: Actor,
    /// What the rotation was answered.
    shown: Value,
}

async fn rotated(grace: &str) -> Rotated {
    let app = TestApp::start().await;
    app.user("alice").await;
    let (alice, old) = (
        app.actor("alice", "api").await,
        app.actor("alice", "api").await,
    );
    let reply = old.post(ROTATE_SELF, json!({ "grace": grace })).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    Rotated {
        app,
        alice,
        new: old.holding(&reply.json()),
        old,
        shown: reply.json(),
    }
}

/// Whoever takes the place of `old`.
async fn rotate(old: &Actor, body: Value) -> Actor {
    let reply = old.post(ROTATE_SELF, body).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    old.holding(&reply.json())
}

#[tokio::test]
async fn both_tokens_work_until_the_grace_ends_and_the_old_one_says_when() {
    let Rotated {
        app,
        alice,
        old,
        new,
        shown,
    } = rotated("7d").await;
    assert_ne!(shown["id"], old.token_id.0);
    assert_eq!(shown["grace_until"], Value::Null);
    let path = old.token_path();
    let seen = async || alice.get(&path).await.json();
    let shown = seen().await;
    assert_eq!(shown["grace_until"], "2026-03-21T15:09:26.000Z");
    assert_eq!(
        (&shown["active"], &shown["revoked"]),
        (&json!(true), &json!(false))
    );
    let both = async || (old.works().await, new.works().await);
    assert_eq!(both().await, (true, true));
    app.clock.advance(Duration::days(7) - Duration::seconds(1));
    assert_eq!(both().await, (true, true));
    app.clock.advance(Duration::seconds(1));
    assert_eq!(both().await, (false, true));
    let shown = seen().await;
    assert_eq!(
        (&shown["active"], &shown["revoked"]),
        (&json!(false), &json!(true))
    );
    let found = alice.get("/personal_access_tokens?revoked=true").await;
    let found = found.json();
    assert_eq!(
        (found.as_array().unwrap().len(), &found[0]["id"]),
        (1, &json!(old.token_id.0))
    );
    let reply = old.get("/user").await;
    assert_eq!(
        reply.json()["error_description"],
        "Token was revoked. Make a new one."
    );
}

#[tokio::test]
async fn a_token_that_was_rotated_is_not_rotated_again_and_that_is_no_reuse() {
    let Rotated {
        alice, old, new, ..
    } = rotated("1h").await;
    let path = format!("{}/rotate", old.token_path());
    for reply in [
        old.post(ROTATE_SELF, json!({})).await,
        alice.post(&path, json!({ "grace": "2h" })).await,
    ] {
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        insta::allow_duplicates! {
            insta::assert_snapshot!(reply.pretty(), @r#"
            {
              "message": "400 Bad request - the token was already rotated: it works until its grace ends; rotate the one that took its place"
            }
            "#);
        }
    }
    assert!(old.works().await && new.works().await);
}

#[tokio::test]
async fn revoking_the_new_token_revokes_the_old_one() {
    let Rotated {
        app,
        alice,
        old: first,
        new: second,
        ..
    } = rotated("30d").await;
    let third = rotate(&second, json!({ "grace": "1h" })).await;
    // The second one's grace is over, the first one's is not.
    app.clock.advance(Duration::hours(2));
    assert!(first.works().await && third.works().await);
    let reply = alice.delete(&third.token_path()).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    assert!(!first.works().await && !third.works().await);
    insta::assert_snapshot!(app.last_audited().await, @r#"alice access_token.revoked 4 with tokens 2"#);
}

#[tokio::test]
async fn what_the_old_token_makes_in_its_grace_is_revoked_with_it_and_ends_with_its_grace() {
    let wanted = json!({ "name": "made", "scopes": ["read_registry"] });
    for is_revoked in [true, false] {
        let Rotated {
            app,
            alice,
            old,
            new,
            ..
        } = rotated("2h").await;
        let reply = old.post("/user/personal_access_tokens", wanted.clone());
        let reply = reply.await.json();
        assert_eq!(reply["expires_at_time"], "2026-03-14T17:09:26.000Z");
        let made = old.holding(&reply);
        assert!(made.works().await);
        if is_revoked {
            alice.delete(&new.token_path()).await;
        } else {
            app.clock.advance(Duration::hours(2));
        }
        assert!(!old.works().await && !made.works().await);
    }
}

#[tokio::test]
async fn the_old_token_can_be_revoked_before_its_grace_ends() {
    let Rotated {
        alice, old, new, ..
    } = rotated("7d").await;
    alice.delete(&old.token_path()).await;
    assert!(!old.works().await && new.works().await);
}

#[tokio::test]
async fn rotating_without_grace_ends_what_still_works_from_before() {
    let Rotated {
        old: first,
        new: second,
        ..
    } = rotated("7d").await;
    let third = rotate(&second, json!({})).await;
    assert!(!first.works().await && !second.works().await);
    assert!(third.works().await);
}

/// Tokens that the old one made are bounded by its grace, and are not freed of it by the next rotation; those of the new one go on.
#[tokio::test]
async fn rotating_without_grace_ends_what_was_made_in_the_grace() {
    let Rotated {
        app,
        old,
        new: second,
        ..
    } = rotated("7d").await;
    let make = async |maker: &Actor, name: &str| {
        let wanted = json!({ "name": name, "scopes": ["read_registry", "self_rotate"] });
        let made = maker.post("/user/personal_access_tokens", wanted).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        maker.holding(&made.json())
    };
    let (by_old, by_second) = (make(&old, "old").await, make(&second, "second").await);
    let third = rotate(&second, json!({})).await;
    let event = app.last_event().await.detail.unwrap();
    assert_eq!(
        event["revoked"]["ids"],
        json!([old.token_id, second.token_id, by_old.token_id])
    );
    assert!(!by_old.works().await, "it hung on the old token");
    assert!(by_second.works().await && third.works().await);
}

#[tokio::test]
async fn a_grace_is_never_longer_than_the_token_itself() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let tomorrow = Expiry::on(app.now().date_naive() + Duration::days(1));
    let old = app
        .actor_with("alice", "api", |token| token.expiring(Some(tomorrow)))
        .await;
    let new = rotate(&old, json!({ "grace": "7d" })).await;
    let seen = new.get(&old.token_path()).await.json();
    assert_eq!(seen["grace_until"], "2026-03-15T00:00:00.000Z");
    app.clock.advance(Duration::days(1));
    assert!(!old.works().await && new.works().await);
}

/// Whatever ends the new token by hand ends what works beside it, and what that made.
#[tokio::test]
async fn an_earlier_end_of_the_new_token_ends_the_grace_of_the_old_one() {
    let Rotated {
        app,
        alice,
        old,
        new,
        ..
    } = rotated("7d").await;
    let wanted = json!({ "name": "made", "scopes": ["read_registry"] });
    let made = old.post("/user/personal_access_tokens", wanted).await;
    let made = old.holding(&made.json());
    let sooner = json!({ "expires_at": "2026-03-16" });
    assert_eq!(alice.patch(&new.token_path(), sooner).await.status, 200);
    let event = app.last_event().await.detail.unwrap();
    assert_eq!(
        event["shortened"]["ids"],
        json!([old.token_id, made.token_id])
    );
    for holder in [&old, &new, &made] {
        assert!(holder.works().await);
    }
    let now = json!({ "expires_at": "2026-03-14" });
    assert_eq!(alice.patch(&new.token_path(), now).await.status, 200);
    for holder in [&old, &new, &made] {
        assert!(!holder.works().await);
    }
}

/// The old token would else be the one that goes on.
#[tokio::test]
async fn a_grace_ends_no_later_than_the_token_that_took_the_place() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let alice = app.actor("alice", "api").await;
    let far = Expiry::on("2099-01-01".parse().unwrap());
    for (wanted, end) in [
        // Without a word about its end the new one has a week, which is over at 00:00.
        (json!({ "grace": "7d" }), "2026-03-21T00:00:00.000Z"),
        (json!({ "grace": "10000d" }), "2026-03-21T00:00:00.000Z"),
        (
            json!({ "grace": "1h", "expires_in": "3s" }),
            "2026-03-14T15:09:29.000Z",
        ),
        (
            json!({ "grace": "1h", "expires_in": "2h" }),
            "2026-03-14T16:09:26.000Z",
        ),
    ] {
        for by_itself in [true, false] {
            let make = app.actor_with("alice", "api", |token| token.expiring(Some(far)));
            let old = make.await;
            let path = format!("{}/rotate", old.token_path());
            let reply = if by_itself {
                old.post(ROTATE_SELF, wanted.clone()).await
            } else {
                alice.post(&path, wanted.clone()).await
            };
            let reply = reply.json();
            let seen = alice.read(&old.token_path()).await;
            assert_eq!(seen["grace_until"], end, "{wanted}");
            assert_eq!(reply["previous_grace_until"], end, "the reply says so");
            let new_end = reply["expires_at_time"].as_str().unwrap();
            assert!(new_end >= end, "{wanted}: {new_end}");
        }
    }
}

#[tokio::test]
async fn a_grace_beside_a_token_that_would_be_born_dead_is_refused() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let old = app.actor("alice", "api").await;
    let wanted = json!({ "grace": "1h", "expires_at": "2020-01-01" });
    let reply = old.post(ROTATE_SELF, wanted).await;
    let told = reply.told();
    let rule = "400 {\"message\":\"400 Bad request - the new token would have ended already";
    assert!(told.starts_with(rule), "{told}");
    // It cannot be undone, so nothing was done.
    assert!(old.works().await);
}

#[tokio::test]
async fn a_rotation_with_a_grace_shortens_the_graces_from_before_it() {
    let Rotated {
        app,
        alice,
        old: first,
        new: second,
        ..
    } = rotated("30d").await;
    let wanted = json!({ "name": "made", "scopes": ["read_registry"] });
    let made = first.post("/user/personal_access_tokens", wanted).await;
    let made = first.holding(&made.json());
    rotate(&second, json!({ "grace": "1h", "expires_in": "2h" })).await;
    let event = app.last_event().await.detail.unwrap();
    assert_eq!(
        event["shortened"]["ids"],
        json!([first.token_id, made.token_id])
    );
    let seen = alice.read(&first.token_path()).await;
    assert_eq!(seen["grace_until"], "2026-03-14T17:09:26.000Z");
    assert!(first.works().await && made.works().await);
    app.clock.advance(Duration::hours(2));
    assert!(!first.works().await && !made.works().await);
}
