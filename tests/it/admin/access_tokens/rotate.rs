//! Putting a new token in the place of another.

use axum::http::StatusCode;
use chrono::Duration;
use serde_json::{Value, json};
use wharfinger::domain::access_tokens::AccessTokenSpecification;
use wharfinger::domain::access_tokens::pattern::RepositoryPattern;
use wharfinger::domain::expiry::Expiry;
use wharfinger::domain::text::Description;

use crate::harness::{Actor, World, pretty};

fn rotate(id: impl std::fmt::Display) -> String {
    format!("/personal_access_tokens/{id}/rotate")
}

#[tokio::test]
async fn a_rotated_token_makes_way_for_one_that_may_do_the_same() {
    let World { app, alice, .. } = World::start().await;
    let old = app
        .actor_with("alice", "read_registry self_rotate", |token| {
            let patterns = vec![RepositoryPattern::try_from("team/*").unwrap()];
            let token = token.described(Description::read("of team").unwrap());
            token.limited_to(patterns).unwrap()
        })
        .await;
    app.clock.advance(Duration::hours(1));
    let reply = alice.post(&rotate(old.id), Value::Null).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    assert_eq!(reply.header("cache-control"), "no-store");
    let mut reply = reply.json();
    let new = old.holding(&reply);
    reply["token"].take();
    insta::assert_snapshot!(pretty(&reply), @r#"
    {
      "active": true,
      "created_at": "2026-03-14T16:09:26.000Z",
      "description": "of team",
      "expired": false,
      "expires_at": null,
      "expires_at_time": null,
      "grace_until": null,
      "granular": false,
      "id": 4,
      "last_used_at": null,
      "last_used_ips": [],
      "name": "test",
      "parent_personal_access_token_id": null,
      "previous_personal_access_token_id": 3,
      "repositories": [
        "team/*"
      ],
      "revoked": false,
      "scopes": [
        "read_registry",
        "self_rotate"
      ],
      "token": null,
      "user_id": 2
    }
    "#);
    assert_eq!(new.ask(&[]).await.status, StatusCode::OK);
    assert_eq!(
        old.ask(&[]).await.status,
        StatusCode::UNAUTHORIZED,
        "the old one is revoked"
    );
    let old = alice.get(&old.token_path()).await.json();
    assert_eq!(
        (&old["revoked"], &old["grace_until"]),
        (&json!(true), &Value::Null)
    );
    insta::assert_snapshot!(app.last_audited().await, @r#"alice access_token.rotated 3 token 4 took its place; revoked tokens 3"#);
}

#[tokio::test]
async fn a_successor_lives_seven_days_or_as_long_as_is_asked() {
    let World { app, alice, .. } = World::start().await;
    let ends = async |end: Option<&str>, body: Value| {
        let end = end.map(|date| Expiry::on(date.parse().unwrap()));
        let old = app
            .actor_with("alice", "read_user", |token| token.expiring(end))
            .await;
        let reply = alice.post(&rotate(old.id), body).await.json();
        format!("{} {}", reply["expires_at"], reply["expires_at_time"])
    };
    assert_eq!(ends(None, json!({})).await, "null null");
    let week = r#""2026-03-21" "2026-03-21T00:00:00.000Z""#;
    assert_eq!(ends(Some("2026-12-31"), json!({})).await, week);
    assert_eq!(
        ends(Some("2020-01-01"), json!({ "expires_at": null })).await,
        week,
        "an expired token can be rotated by another one"
    );
    assert_eq!(
        ends(None, json!({ "expires_at": "2027-01-02" })).await,
        r#""2027-01-02" "2027-01-02T00:00:00.000Z""#
    );
    assert_eq!(
        ends(Some("2026-03-20"), json!({ "expires_in": "90m" })).await,
        r#""2026-03-15" "2026-03-14T16:39:26.000Z""#,
        "the first date on which it is wholly dead"
    );
}

#[tokio::test]
async fn a_token_rotates_itself_with_api_or_self_rotate_only() {
    let World { app, .. } = World::start().await;
    let path = rotate("self");
    for scopes in ["api", "self_rotate", "read_registry self_rotate"] {
        let token = app.actor("alice", scopes).await;
        let reply = token.post(&path, json!({})).await;
        assert_eq!(reply.status, StatusCode::OK, "{scopes}: {}", reply.body);
        assert_eq!(
            reply.json()["previous_personal_access_token_id"],
            token.id.0
        );
        let new = token.holding(&reply.json());
        let own = new.get("/personal_access_tokens/self").await;
        assert_eq!(own.json()["id"], reply.json()["id"]);
    }
    for scopes in [
        "read_api",
        "read_user",
        "read_registry write_registry delete_registry",
    ] {
        let token = app.actor("alice", scopes).await;
        let reply = token.post(&path, json!({})).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{scopes}");
        assert_eq!(
            (&reply.json()["error"], &reply.json()["scope"]),
            (&json!("insufficient_scope"), &json!("api self_rotate"))
        );
    }
    let token = app.actor("alice", "self_rotate").await;
    let by_id = token.post(&rotate(token.id), json!({})).await;
    assert_eq!(
        by_id.status,
        StatusCode::FORBIDDEN,
        "by its id it needs api"
    );
}

#[tokio::test]
async fn what_cannot_be_rotated_says_why() {
    let World { app, root, alice } = World::start().await;
    let revoked = app.actor("alice", "read_user").await;
    app.revoke(&revoked).await;
    let told =
        async |caller: &Actor, path: String, body: Value| caller.post(&path, body).await.told();
    insta::assert_snapshot!(told(&alice, rotate(revoked.id), json!({})).await, @r#"400 {"message":"400 Bad request - Token already revoked"}"#);
    insta::assert_snapshot!(told(&root, rotate(revoked.id), json!({})).await, @r#"400 {"message":"400 Bad request - Token already revoked"}"#);
    insta::assert_snapshot!(told(&alice, rotate(root.id), json!({})).await, @r#"401 {"message":"401 Unauthorized"}"#);
    insta::assert_snapshot!(told(&alice, rotate(999), json!({})).await, @r#"401 {"message":"401 Unauthorized"}"#);
    insta::assert_snapshot!(told(&root, rotate(999), json!({})).await, @r#"404 {"message":"404 Personal Access Token Not Found"}"#);
    insta::assert_snapshot!(told(&root, rotate("none"), json!({})).await, @r#"400 {"error":"id is invalid"}"#);
    let own = rotate(alice.id);
    insta::assert_snapshot!(told(&alice, own.clone(), json!({ "expires_at": "soon" })).await, @r#"400 {"error":"expires_at is invalid"}"#);
    insta::assert_snapshot!(told(&alice, own.clone(), json!({ "expires_in": "0s" })).await, @r#"400 {"error":"expires_in is invalid: a duration is written as 90s, 5m, 2h or 30d, and at most 36500d"}"#);
    insta::assert_snapshot!(told(&alice, own.clone(), json!({ "expires_in": "1h", "expires_at": "2027-01-01" })).await, @r#"400 {"error":"expires_at and expires_in exclude each other; give one of them"}"#);
    insta::assert_snapshot!(told(&alice, own.clone(), json!({ "grace": "a while" })).await, @r#"400 {"error":"grace is invalid: a duration is written as 90s, 5m, 2h or 30d, and at most 36500d"}"#);
    insta::assert_snapshot!(told(&alice, own.clone(), json!({ "expires_at": "+12345-01-01" })).await, @r#"400 {"error":"expires_at is invalid"}"#);
    let own = alice.get("/personal_access_tokens/self").await;
    assert_eq!(
        own.json()["active"],
        true,
        "what was refused changed nothing"
    );
    // An administrator rotates anyone's; it stays theirs.
    let of_alice = root.post(&rotate(alice.id), json!({})).await;
    assert_eq!(of_alice.json()["user_id"], app.id_of("alice").await);
}

#[tokio::test]
async fn two_that_rotate_the_same_token_do_not_both_get_one() {
    let World { alice, .. } = World::start().await;
    let (path, body) = (rotate("self"), json!({}));
    let (first, second) = tokio::join!(
        alice.post(&path, body.clone()),
        alice.post(&path, body.clone())
    );
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200);
    assert!([400, 401].contains(&statuses[1]), "{statuses:?}");
}

/// An attacker with a token that ends tomorrow leaves nothing behind that lasts longer.
#[tokio::test]
async fn a_token_leaves_none_behind_that_lasts_longer_than_itself() {
    let World { app, .. } = World::start().await;
    let tomorrow = Expiry::on("2026-03-15".parse().unwrap());
    let short = async |user: &str| {
        let ending = |token: AccessTokenSpecification| token.expiring(Some(tomorrow));
        app.actor_with(user, "api", ending).await
    };
    let later = "{\"message\":{\"expires_at\":[\"must not be after 2026-03-15: the token that it is made with ends then\"]}}";
    for (caller, owner) in [("alice", "alice"), ("root", "root"), ("root", "alice")] {
        let (short, endless) = (short(caller).await, app.actor(owner, "api").await);
        let rotate = format!("{}/rotate", endless.token_path());
        let refused = short
            .post(&rotate, json!({ "expires_at": "2026-03-16" }))
            .await;
        assert_eq!(
            (refused.status.as_u16(), refused.body.as_str()),
            (400, later)
        );
        let rotated = short.post(&rotate, Value::Null).await;
        assert_eq!(
            rotated.json()["expires_at"],
            "2026-03-15",
            "{}",
            rotated.body
        );
    }
    let short = short("root").await;
    let tokens = format!("{}/personal_access_tokens", app.user_path("alice").await);
    let body = json!({ "name": "x", "scopes": ["api"] });
    let made = short.post(&tokens, body).await.json();
    assert_eq!(made["expires_at"], "2026-03-15");
    let body = json!({ "name": "x", "scopes": ["api"], "expires_at": "2099-01-01" });
    assert_eq!(short.post(&tokens, body).await.body, later);
    // Its own successor takes its place, and may last longer, as in GitLab.
    let path = format!("{}/rotate", short.token_path());
    let own = short.post(&path, Value::Null).await.json();
    assert_eq!(own["expires_at"], "2026-03-21");
    let own = short
        .holding(&own)
        .post(
            "/personal_access_tokens/self/rotate",
            json!({ "expires_at": "2026-05-01" }),
        )
        .await;
    assert_eq!(own.json()["expires_at"], "2026-05-01", "{}", own.body);
}

#[tokio::test]
async fn a_token_that_does_not_work_makes_no_room_for_another_by_its_rotation() {
    let World { app, alice, .. } = World::start_with("[access_tokens]\nmax_per_user = 3\n").await;
    let soon = json!({ "name": "x", "scopes": ["read_registry"], "expires_in": "1h" });
    let mut ended = Vec::new();
    for _ in 0..2 {
        let made = alice.post("/user/personal_access_tokens", soon.clone());
        ended.push(made.await.json()["id"].clone());
    }
    app.clock.advance(Duration::hours(2));
    let full = json!({ "name": "x", "scopes": ["read_registry"] });
    for _ in 0..2 {
        let made = alice.post("/user/personal_access_tokens", full.clone());
        assert_eq!(made.await.status, StatusCode::CREATED);
    }
    for (id, body) in [
        (&ended[0], json!({})),
        (&ended[1], json!({ "grace": "1h" })),
    ] {
        let refused = alice.post(&rotate(id), body).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(refused.told(), @r#"400 {"message":"400 Bad request - the user has 3 personal access tokens that work, and can have no more; revoke one first"}"#);
        }
    }
    let working = alice
        .found("/personal_access_tokens?state=active", "name")
        .await;
    assert_eq!(working.split(' ').count(), 3);
    // One that works makes room, and then the ended one has its turn.
    assert_eq!(
        alice.post(&rotate(alice.id), json!({})).await.status,
        StatusCode::OK
    );
}
