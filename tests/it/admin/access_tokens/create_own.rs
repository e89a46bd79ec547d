//! Tokens that people make for themselves, with one that they have.

use axum::http::StatusCode;
use chrono::Duration;
use serde_json::{Value, json};
use wharfinger::app::DeskError;
use wharfinger::domain::access_tokens::AccessTokenSpecification;
use wharfinger::domain::access_tokens::policy::WantedEnd;
use wharfinger::domain::access_tokens::scope::AccessTokenScope;
use wharfinger::domain::authority::Authority;
use wharfinger::domain::expiry::Expiry;
use wharfinger::domain::namespaces::visibility::Visibility;

use crate::harness::{Actor, Reply, TestApp, World, pretty};

const OWN: &str = "/user/personal_access_tokens";
const ROTATE_SELF: &str = "/personal_access_tokens/self/rotate";

async fn start() -> (TestApp, Actor) {
    let app = TestApp::start().await;
    app.user("alice").await;
    let end = Expiry::on("2026-06-01".parse().unwrap());
    let maker = app
        .actor_with("alice", "api", |token| token.expiring(Some(end)))
        .await;
    (app, maker)
}

/// Asks for a token with more or other fields than usual.
async fn ask_for(maker: &Actor, more: Value) -> Reply {
    let mut body = json!({ "name": "made", "scopes": ["read_registry", "self_rotate"] });
    let fields = more.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(fields);
    maker.post(OWN, body).await
}

async fn made(maker: &Actor, more: Value) -> Value {
    let reply = ask_for(maker, more).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    reply.json()
}

/// Alice with a token that her token made.
async fn child(maker: &Actor) -> Actor {
    maker.holding(&made(maker, json!({})).await)
}

async fn status(actor: &Actor) -> u16 {
    actor.ask(&[]).await.status.as_u16()
}

#[tokio::test]
async fn a_token_makes_others_for_its_owner_with_every_scope_but_api() {
    let (app, maker) = start().await;
    let mut reply = made(&maker, json!({ "repositories": ["team/**"] })).await;
    assert_eq!(status(&maker.holding(&reply)).await, 200);
    reply["token"].take();
    insta::assert_snapshot!(pretty(&reply), @r#"
    {
      "active": true,
      "created_at": "2026-03-14T15:09:26.000Z",
      "description": null,
      "expired": false,
      "expires_at": "2026-06-01",
      "expires_at_time": "2026-06-01T00:00:00.000Z",
      "grace_until": null,
      "granular": false,
      "id": 2,
      "last_used_at": null,
      "last_used_ips": [],
      "name": "made",
      "parent_personal_access_token_id": 1,
      "previous_personal_access_token_id": null,
      "repositories": [
        "team/**"
      ],
      "revoked": false,
      "scopes": [
        "read_registry",
        "self_rotate"
      ],
      "token": null,
      "user_id": 1
    }
    "#);
    insta::assert_snapshot!(app.last_audited().await, @r#"alice access_token.created 2 for alice with token 1, scopes read_registry self_rotate"#);
    let all = [
        "read_api",
        "read_user",
        "read_registry",
        "write_registry",
        "delete_registry",
        "self_rotate",
    ];
    assert_eq!(
        made(&maker, json!({ "scopes": all })).await["scopes"],
        json!(all)
    );
}

#[tokio::test]
async fn it_makes_none_with_the_scope_api_and_none_without_it() {
    let (app, maker) = start().await;
    let told = async |maker: &Actor, more: Value| ask_for(maker, more).await.told();
    insta::assert_snapshot!(told(&maker, json!({ "scopes": ["api", "read_user"] })).await, @r#"400 {"message":"400 Bad request - a token that is made with another one cannot have the scope api; choose other scopes, or make it on the web page of your access tokens"}"#);
    insta::assert_snapshot!(told(&maker, json!({ "scopes": ["sudo"] })).await, @r#"400 {"error":"scopes does not have a valid value"}"#);
    insta::assert_snapshot!(told(&maker, json!({ "user_id": 1 })).await, @r#"400 {"error":"user_id is not a parameter here; there is name, description, scopes, expires_at, expires_in, repositories"}"#);
    let reader = app.actor("alice", "read_api self_rotate").await;
    insta::assert_snapshot!(told(&reader, json!({})).await, @r#"403 {"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api"}"#);
}

#[tokio::test]
async fn it_ends_no_later_than_the_token_that_made_it() {
    let (_, maker) = start().await;
    let ends = async |more: Value| made(&maker, more).await["expires_at"].take();
    assert_eq!(ends(json!({})).await, "2026-06-01");
    assert_eq!(ends(json!({ "expires_at": null })).await, "2026-06-01");
    assert_eq!(
        ends(json!({ "expires_at": "2026-05-31" })).await,
        "2026-05-31"
    );
    assert_eq!(
        ends(json!({ "expires_at": "2026-06-01" })).await,
        "2026-06-01"
    );
    assert_eq!(ends(json!({ "expires_in": "2h" })).await, "2026-03-15");
    for later in [
        json!({ "expires_at": "2026-06-02" }),
        json!({ "expires_in": "365d" }),
    ] {
        let refused = ask_for(&maker, later).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        insta::allow_duplicates! {
            insta::assert_snapshot!(refused.pretty(), @r#"
            {
              "message": {
                "expires_at": [
                  "must not be after 2026-06-01: the token that it is made with ends then"
                ]
              }
            }
            "#);
        }
    }
}

#[tokio::test]
async fn it_is_revoked_with_the_token_that_made_it() {
    let (app, maker) = start().await;
    let child = child(&maker).await;
    let reply = child.post(ROTATE_SELF, json!({ "grace": "7d" })).await;
    let grandchild = child.holding(&reply.json());
    assert_eq!(
        reply.json()["parent_personal_access_token_id"],
        maker.token_id.0
    );
    assert_eq!(
        (status(&child).await, status(&grandchild).await),
        (200, 200)
    );
    maker.delete("/personal_access_tokens/self").await;
    assert_eq!(
        (status(&child).await, status(&grandchild).await),
        (401, 401)
    );
    insta::assert_snapshot!(app.last_audited().await, @r#"alice access_token.revoked 1 with tokens 2, 3"#);
}

#[tokio::test]
async fn rotating_the_maker_keeps_it_and_it_hangs_on_the_new_one() {
    let (app, maker) = start().await;
    for grace in [json!({}), json!({ "grace": "1h" })] {
        let maker = app.actor("alice", "api").await;
        let child = child(&maker).await;
        let new = maker.holding(&maker.post(ROTATE_SELF, grace).await.json());
        assert_eq!(status(&child).await, 200);
        let seen = new.get(&child.token_path()).await.json();
        assert_eq!(seen["parent_personal_access_token_id"], new.token_id.0);
        new.delete(&new.token_path()).await;
        assert_eq!(status(&child).await, 401);
    }
    // One that was made by the old token in its grace ends with the grace, and with the old one.
    maker.post(ROTATE_SELF, json!({ "grace": "1h" })).await;
    let late = made(&maker, json!({})).await;
    assert_eq!(late["expires_at_time"], "2026-03-14T16:09:26.000Z");
    maker.delete("/personal_access_tokens/self").await;
    assert_eq!(status(&maker.holding(&late)).await, 401);
}

#[tokio::test]
async fn it_is_shortened_and_narrowed_away_with_the_token_that_made_it() {
    let (app, maker) = start().await;
    let made = child(&maker).await;
    let path = maker.token_path();
    let change = async |body: Value| maker.patch(&path, body).await.status;
    assert_eq!(
        change(json!({ "expires_at": "2026-04-01" })).await,
        StatusCode::OK
    );
    let seen = async || {
        let other = app.actor("alice", "read_api").await;
        other.get(&made.token_path()).await.json()
    };
    assert_eq!(seen().await["expires_at"], "2026-04-01");
    assert_eq!(change(json!({ "name": "still" })).await, StatusCode::OK);
    assert_eq!(status(&made).await, 200);

    // What it could not make any more does not stay.
    let maker = app.actor("alice", "api read_user").await;
    let made = child(&maker).await;
    let narrowed = json!({ "scopes": ["read_user"] });
    maker.patch(&maker.token_path(), narrowed).await;
    assert_eq!(status(&made).await, 401);
    insta::assert_snapshot!(app.last_audited().await, @r#"alice access_token.changed 4 named test, scopes read_user; revoked tokens 5"#);
}

#[tokio::test]
async fn its_own_rotation_ends_no_later_than_the_maker() {
    let (app, _) = start().await;
    let soon = Expiry::on(app.now().date_naive() + Duration::days(3));
    let maker = app
        .actor_with("alice", "api", |token| token.expiring(Some(soon)))
        .await;
    let child = child(&maker).await;
    let later = json!({ "expires_at": "2026-03-18" });
    let refused = child.post(ROTATE_SELF, later).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.body);
    let next = child.post(ROTATE_SELF, json!({})).await;
    assert_eq!(next.json()["expires_at"], "2026-03-17", "not in a week");
    app.clock.advance(Duration::days(3));
    let other = app.actor("alice", "api").await;
    let path = format!("/personal_access_tokens/{}/rotate", next.json()["id"]);
    let refused = other.post(&path, json!({})).await;
    insta::assert_snapshot!(refused.pretty(), @r#"
    {
      "message": "400 Bad request - the token that it was made with has ended, so no other can take its place"
    }
    "#);
}

#[tokio::test]
async fn a_token_that_ended_while_its_request_was_under_way_makes_nothing() {
    let (app, maker) = start().await;
    let narrow = app.actor("alice", "read_api").await;
    app.revoke(&maker).await;
    for token in [maker, narrow] {
        let scopes = [AccessTokenScope::ReadUser].into_iter().collect();
        let wanted = AccessTokenSpecification::new("late".try_into().unwrap(), scopes).unwrap();
        let operator = Authority::operator();
        let made = app
            .desk
            .create_own_access_token(&operator, token.token_id, wanted, WantedEnd::Unsaid)
            .await;
        assert!(matches!(made, Err(DeskError::Forbidden(_))), "{made:?}");
    }
}

#[tokio::test]
async fn a_user_has_only_so_many_tokens_that_work() {
    let World { app, root, alice } = World::start_with(
        "[access_tokens]\nmax_per_user = 3\n[deploy_tokens]\nmax_per_namespace = 2",
    )
    .await;
    let body = json!({ "name": "x", "scopes": ["read_registry"] });
    let own = "/user/personal_access_tokens";
    let users = format!("{}/personal_access_tokens", app.user_path("alice").await);
    let made = alice.post(own, body.clone()).await.json();
    assert_eq!(root.post(&users, body.clone()).await.status, 201);
    for reply in [
        alice.post(own, body.clone()).await,
        root.post(&users, body.clone()).await,
    ] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(reply.told(), @r#"400 {"message":"400 Bad request - the user has 3 personal access tokens that work, and can have no more; revoke one first"}"#);
        }
    }
    // A user who has the most may still rotate, but not keep both.
    let rotate = format!("/personal_access_tokens/{}/rotate", made["id"]);
    let kept = alice.post(&rotate, json!({ "grace": "1h" })).await;
    assert!(kept.body.contains("can have no more"), "{}", kept.body);
    let rotated = alice.post(&rotate, Value::Null).await.json();
    let dead = alice
        .delete(&format!("/personal_access_tokens/{}", rotated["id"]))
        .await;
    assert_eq!(dead.status, 204);
    assert_eq!(alice.post(own, body).await.status, 201, "one was revoked");

    app.project("team/app", Visibility::Private).await;
    let path = "/projects/team%2Fapp/deploy_tokens";
    let body = json!({ "name": "x", "scopes": ["read_registry"] });
    let first = root.post(path, body.clone()).await.json();
    root.post(path, body.clone()).await;
    let reply = root.post(path, body.clone()).await;
    insta::assert_snapshot!(reply.told(), @r#"400 {"message":"400 Bad request - `team/app` has 2 deploy tokens that work, and can have no more; revoke one first"}"#);
    root.delete(&format!("{path}/{}", first["id"])).await;
    assert_eq!(root.post(path, body).await.status, 201);
}

#[tokio::test]
async fn a_rotated_maker_shortens_what_it_took_over_only_when_its_own_end_moves_earlier() {
    let (app, maker) = start().await;
    let made = child(&maker).await;
    let soon = json!({ "expires_at": "2026-03-21" });
    let maker = maker.holding(&maker.post(ROTATE_SELF, soon.clone()).await.json());
    let end = async || maker.get(&made.token_path()).await.json()["expires_at"].take();
    assert_eq!(end().await, "2026-06-01", "a rotation leaves its end alone");
    let path = maker.token_path();
    for body in [
        json!({ "name": "other" }),
        json!({ "description": "why", "repositories": [] }),
        soon,
    ] {
        assert_eq!(maker.patch(&path, body.clone()).await.status, 200);
        assert_eq!(end().await, "2026-06-01", "{body}");
    }
    let later = child(&maker).await;
    maker
        .patch(&path, json!({ "expires_at": "2026-03-20" }))
        .await;
    assert_eq!(end().await, "2026-03-20");
    insta::assert_snapshot!(app.last_audited().await, @"alice access_token.changed 3 named other, scopes api; shortened tokens 2, 4");
    let detail = app.last_event().await.detail.unwrap();
    let both = json!({ "ids": [made.id.0, later.id.0], "total": 2 });
    assert_eq!(detail["shortened"], both);
}
