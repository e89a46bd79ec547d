//! Refresh tokens, which stand for a login.

use std::time::Instant;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use chrono::Duration;
use secrecy::SecretString;
use serde_json::json;
use wharfinger::domain::authority::Authority;
use wharfinger::domain::ids::RefreshTokenId;
use wharfinger::domain::refresh_tokens::RefreshLifetimes;
use wharfinger::storage::PurgePass;

use super::forms::Form;
use super::start;
use crate::harness::{PASSWORD, TestApp, World, basic, named};

const PULL: &str = "repository:team/app:pull";

/// Of alice, by password.
async fn refresh_token(app: &TestApp) -> String {
    let form = Form::password("alice", PASSWORD)
        .with("access_type", "offline")
        .with("client_id", "docker");
    let reply = form.post(app).await;
    reply.json()["refresh_token"].as_str().unwrap().to_owned()
}

/// Whether it stands for the login.
async fn works(app: &TestApp, token: &str) -> bool {
    Form::refresh_token(token).post(app).await.status == StatusCode::OK
}

/// A second passes, in which the service writes the uses of refresh tokens down.
async fn write_uses(app: &TestApp) {
    app.service.refresh_token_uses.write().await.unwrap();
}

#[tokio::test]
async fn a_refresh_token_stands_for_the_login_and_stays_the_same() {
    let app = start().await;
    let token = refresh_token(&app).await;
    assert!(token.starts_with("whf_rt_"));
    let form = Form::refresh_token(&token);
    for _ in 0..2 {
        let reply = form.clone().with("scope", PULL).post(&app).await;
        assert_eq!(reply.granted(&app.keys), [PULL]);
        assert_eq!(reply.claims(&app.keys)["sub"], "alice");
    }
    let again = form.clone().with("access_type", "offline");
    let again = again.post(&app).await;
    assert_eq!(again.json()["refresh_token"], *token);
    // containerd falls back to GET with an empty name and the refresh token as the password.
    assert_eq!(app.with(&token).granted(&[PULL]).await, [PULL]);
    let catalog = form.with("scope", "registry:catalog:*").post(&app).await;
    assert_eq!(
        catalog.granted(&app.keys),
        Vec::<String>::new(),
        "a login is no `api`"
    );
}

#[tokio::test]
async fn docker_login_gets_a_refresh_token_by_get() {
    let app = start().await;
    let path =
        "/jwt/auth?account=alice&client_id=docker&offline_token=true&service=container_registry";
    let reply = app.login("alice").ask_at(path).await.json();
    let form = Form::refresh_token(reply["refresh_token"].as_str().unwrap());
    assert_eq!(form.post(&app).await.status, StatusCode::OK);
    let reply = app.anonymous().ask_at(path).await.json();
    assert!(
        reply.get("refresh_token").is_none(),
        "anonymous callers get none"
    );
}

/// Nobody would get it, and it would take the place of another one.
#[tokio::test]
async fn head_makes_no_refresh_token() {
    let app = start().await;
    let path = "/jwt/auth?offline_token=true&service=container_registry";
    let head = Request::head(path).header(header::AUTHORIZATION, basic("alice", PASSWORD));
    let reply = app.send(head.body(Body::empty()).unwrap()).await;
    assert_eq!((reply.status, reply.body.as_str()), (StatusCode::OK, ""));
    let alice = app.actor("alice", "api").await;
    assert_eq!(alice.read("/refresh_tokens").await, json!([]));
    assert_eq!(app.login("alice").ask_at(path).await.status, StatusCode::OK);
    let made = alice.read("/refresh_tokens").await;
    assert_eq!(made.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_refresh_token_is_bound_to_its_service() {
    let configuration =
        "[[registry]]\nservice = \"container_registry\"\n[[registry]]\nservice = \"other\"\n";
    let app = TestApp::start_with(configuration).await;
    app.user("alice").await;
    let token = refresh_token(&app).await;
    let elsewhere = Form::grant("refresh_token")
        .with("service", "other")
        .with("refresh_token", &token);
    assert_eq!(elsewhere.post(&app).await.status, StatusCode::UNAUTHORIZED);
    let by_get = app.with(&token).ask_at("/jwt/auth?service=other").await;
    assert_eq!(by_get.status, StatusCode::UNAUTHORIZED);
    let form = Form::refresh_token(&token);
    assert_eq!(form.post(&app).await.status, StatusCode::OK);
}

/// Credential helpers that call their user `<token>` make clients send whatever they hold as one.
#[tokio::test]
async fn an_access_token_in_the_place_of_a_refresh_token_is_an_access_token() {
    let app = start().await;
    let token = app.actor("alice", "read_registry").await;
    let form = Form::refresh_token(token.secret()).with("access_type", "offline");
    let reply = form.with("scope", PULL).post(&app).await;
    assert_eq!(reply.granted(&app.keys), [PULL]);
    assert_eq!(reply.claims(&app.keys)["sub"], "alice");
    assert_eq!(reply.json().get("refresh_token"), None);
    let machine = app.machine("team", "read_registry").await;
    let nameless = Form::refresh_token(machine.secret()).post(&app).await;
    assert_eq!(nameless.status, StatusCode::UNAUTHORIZED);
    app.revoke(&token).await;
    assert!(!works(&app, token.secret()).await);
}

#[tokio::test]
async fn a_malformed_question_is_400_beside_a_refresh_token_too() {
    let app = start().await;
    let token = refresh_token(&app).await;
    let no_service = Form::grant("refresh_token").with("refresh_token", &token);
    for form in [
        no_service.clone(),
        Form::refresh_token(&token).with("access_type", "forever"),
        Form::refresh_token(&token).with("service", "again"),
    ] {
        let reply = form.post(&app).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.body);
    }
    let by_get = "/jwt/auth?service=container_registry&offline_token=maybe";
    let reply = app.with(&token).ask_at(by_get).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.body);
    app.block("alice").await;
    assert_eq!(
        no_service.post(&app).await.status,
        StatusCode::UNAUTHORIZED,
        "a bad credential wins"
    );
}

#[tokio::test]
async fn use_keeps_a_refresh_token_alive_with_the_shortest_idle_timeout() {
    let app = TestApp::start_with("[refresh_tokens]\nidle_timeout = \"5m\"\n").await;
    app.user("alice").await;
    let token = refresh_token(&app).await;
    for _ in 0..4 {
        app.clock.advance(Duration::minutes(4));
        assert!(works(&app, &token).await);
        write_uses(&app).await;
    }
    app.clock.advance(Duration::minutes(5));
    assert!(!works(&app, &token).await);
}

/// A database that can be read, but not written: somebody has a change in hand, or the disk is full. Each login would else hold a
/// connection until the database gives up.
#[tokio::test]
async fn refresh_tokens_work_while_nothing_can_be_written() {
    let app = start().await;
    let token = refresh_token(&app).await;
    app.clock.advance(Duration::hours(1));
    let change = app.hold_changes().await;
    let begin = Instant::now();
    for _ in 0..20 {
        assert!(works(&app, &token).await);
    }
    assert!(begin.elapsed() < std::time::Duration::from_secs(3));
    let noted = async || {
        let operator = Authority::operator();
        let known = app.desk.refresh_token(&operator, RefreshTokenId(1));
        known.await.unwrap().last_used_at
    };
    assert!(noted().await < app.now());
    drop(change);
    write_uses(&app).await;
    assert_eq!(noted().await, app.now(), "it is written down afterwards");
}

#[tokio::test]
async fn a_refresh_token_ends_with_idleness_or_age() {
    let configuration = "[refresh_tokens]\nidle_timeout = \"10d\"\nlifetime = \"30d\"\n";
    let app = TestApp::start_with(configuration).await;
    app.user("alice").await;
    let idle = refresh_token(&app).await;
    let used = refresh_token(&app).await;
    for _ in 0..3 {
        app.clock.advance(Duration::days(9));
        assert!(works(&app, &used).await, "use keeps it alive");
        write_uses(&app).await;
    }
    assert!(!works(&app, &idle).await);
    app.clock.advance(Duration::days(4));
    assert!(!works(&app, &used).await, "but not beyond its lifetime");
}

#[tokio::test]
async fn a_refresh_token_ends_with_a_block_or_another_password() {
    let app = start().await;
    let name = named("alice");
    let operator = Authority::operator();
    let token = refresh_token(&app).await;
    app.desk.block_user(&operator, &name).await.unwrap();
    assert!(!works(&app, &token).await);
    app.desk.unblock_user(&operator, &name).await.unwrap();
    assert!(!works(&app, &token).await, "a block ends it for good");
    let token = refresh_token(&app).await;
    app.desk
        .reset_password(
            &operator,
            &name,
            SecretString::from(PASSWORD).try_into().unwrap(),
        )
        .await
        .unwrap();
    assert!(!works(&app, &token).await);
}

#[tokio::test]
async fn a_refresh_token_ends_with_its_revocation_by_its_owner() {
    let app = start().await;
    let token = refresh_token(&app).await;
    let alice = app.actor("alice", "api").await;
    let listed = alice.get("/refresh_tokens").await.json();
    let last = listed.as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&last["service"], &last["client_id"], &last["active"]),
        (&json!("container_registry"), &json!("docker"), &json!(true))
    );
    assert!(!listed.to_string().contains("whf_rt_"));
    let path = format!("/refresh_tokens/{}", last["id"]);
    app.user("bob").await;
    let bob = app.actor("bob", "api").await;
    assert_eq!(bob.delete(&path).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(bob.get("/refresh_tokens").await.json(), json!([]));
    assert!(works(&app, &token).await);
    assert_eq!(alice.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert!(!works(&app, &token).await);
}

#[tokio::test]
async fn refresh_tokens_that_have_ended_are_purged() {
    let app = start().await;
    refresh_token(&app).await;
    let lifetimes = RefreshLifetimes {
        idle: std::time::Duration::from_hours(1),
        absolute: std::time::Duration::from_hours(2),
    };
    let purged = async || {
        app.desk
            .purge_refresh_tokens(&lifetimes, &PurgePass::default())
            .await
            .unwrap()
    };
    assert_eq!(purged().await.number, 0);
    app.clock.advance(Duration::hours(1));
    assert_eq!(purged().await.number, 1);
}

#[tokio::test]
async fn a_clock_years_ahead_deletes_the_refresh_tokens_of_one_day_at_a_time() {
    let app = start().await;
    refresh_token(&app).await;
    app.clock.advance(Duration::days(1));
    let second = refresh_token(&app).await;
    let lifetimes = RefreshLifetimes {
        idle: std::time::Duration::from_hours(24 * 90),
        absolute: std::time::Duration::from_hours(24 * 3650),
    };
    for (number, is_left) in [(1, true), (1, false), (0, false)] {
        app.clock.advance(Duration::days(730));
        let purged = app
            .desk
            .purge_refresh_tokens(&lifetimes, &PurgePass::default())
            .await
            .unwrap();
        assert_eq!((purged.number, purged.has_rest), (number, false));
        app.clock.advance(Duration::days(-730));
        if is_left {
            assert!(works(&app, &second).await, "it is of the second day");
        }
    }
}

/// A refresh token that was made while the clock was years ahead would live for years; the use of an older one is written down as it is.
#[tokio::test]
async fn a_clock_that_was_ahead_leaves_no_refresh_token_that_lives_for_years() {
    let app = start().await;
    let before = refresh_token(&app).await;
    app.clock.advance(Duration::days(80));
    let ahead = refresh_token(&app).await;
    assert!(works(&app, &before).await);
    write_uses(&app).await;
    app.clock.advance(Duration::days(-80));
    assert!(!works(&app, &ahead).await);
    assert!(works(&app, &before).await);
    write_uses(&app).await;
    app.clock.advance(Duration::days(80 + 91));
    assert!(!works(&app, &before).await, "it was not used for 90 days");
}

/// A clock that is behind takes what is new for something from the future.
#[tokio::test]
async fn a_clock_that_was_behind_leaves_refresh_tokens_as_they_are() {
    let app = start().await;
    let used = refresh_token(&app).await;
    for days in [60, 60] {
        app.clock.advance(Duration::days(days));
        assert!(works(&app, &used).await);
        write_uses(&app).await;
    }
    let new = refresh_token(&app).await;
    app.clock.advance(Duration::days(-100));
    assert!(works(&app, &used).await);
    write_uses(&app).await;
    let lifetimes = RefreshLifetimes {
        idle: Duration::days(90).to_std().unwrap(),
        absolute: Duration::days(365).to_std().unwrap(),
    };
    let pass = PurgePass::default();
    let purged = app.desk.purge_refresh_tokens(&lifetimes, &pass).await;
    assert_eq!(purged.unwrap().number, 0);
    app.clock.advance(Duration::days(100));
    assert!(works(&app, &used).await && works(&app, &new).await);
}

#[tokio::test]
async fn refresh_tokens_of_a_clock_that_was_ahead_take_nobodys_place() {
    let app = TestApp::start_with("[refresh_tokens]\nmax_per_user = 2").await;
    app.user("alice").await;
    app.clock.advance(Duration::days(80));
    for _ in 0..2 {
        refresh_token(&app).await;
    }
    app.clock.advance(Duration::days(-80));
    let (first, second) = (refresh_token(&app).await, refresh_token(&app).await);
    assert!(works(&app, &first).await && works(&app, &second).await);
}

#[tokio::test]
async fn refresh_tokens_that_were_revoked_take_nobodys_place() {
    let app = TestApp::start_with("[refresh_tokens]\nmax_per_user = 2").await;
    app.user("alice").await;
    let alice = app.actor("alice", "api").await;
    let first = refresh_token(&app).await;
    app.clock.advance(Duration::hours(1));
    let second = refresh_token(&app).await;
    let listed = alice.get("/refresh_tokens").await.json();
    let ids = listed.as_array().unwrap().iter().map(|token| &token["id"]);
    let newest = ids.map(|id| id.as_i64().unwrap()).max().unwrap();
    let revoked = alice.delete(&format!("/refresh_tokens/{newest}")).await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT);
    assert!(!works(&app, &second).await);
    app.clock.advance(Duration::hours(1));
    let third = refresh_token(&app).await;
    assert!(works(&app, &first).await && works(&app, &third).await);
}

#[tokio::test]
async fn one_more_refresh_token_takes_the_place_of_the_one_that_was_unused_for_longest() {
    let app = TestApp::start_with("[refresh_tokens]\nmax_per_user = 2").await;
    app.user("alice").await;
    app.user("bob").await;
    let log_in = async |user: &str| {
        app.clock.advance(Duration::minutes(30));
        let path = "/jwt/auth?service=container_registry&offline_token=true";
        let json = app.login(user).ask_at(path).await.json();
        json["refresh_token"].as_str().unwrap().to_owned()
    };
    let bobs = log_in("bob").await;
    let (first, second) = (log_in("alice").await, log_in("alice").await);
    assert!(app.with(&second).works().await, "it is copied");
    app.clock.advance(Duration::hours(2));
    assert!(
        app.with(&first).works().await,
        "and it is used later than the second"
    );
    write_uses(&app).await;
    let third = log_in("alice").await;
    for (token, works) in [
        (&first, true),
        (&second, false),
        (&third, true),
        (&bobs, true),
    ] {
        assert_eq!(app.with(token).works().await, works);
    }
}

#[tokio::test]
async fn logins_at_the_same_time_do_not_disturb_each_other_at_the_limit() {
    let app = TestApp::start_with("[refresh_tokens]\nmax_per_user = 2").await;
    app.user("alice").await;
    let mut logins = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let alice = app.login("alice");
        logins.spawn(async move {
            let path = "/jwt/auth?service=container_registry&offline_token=true";
            alice.ask_at(path).await.status
        });
    }
    assert!(logins.join_all().await.iter().all(|status| *status == 200));
}

/// A login that writes goes on when its client hangs up: half of it would leave a transaction behind.
#[tokio::test]
async fn a_login_is_finished_although_its_client_hangs_up() {
    let world = World::start().await;
    let path = "/jwt/auth?service=container_registry&offline_token=true";
    let alice = world.app.login("alice");
    let left = tokio::time::timeout(std::time::Duration::from_millis(2), alice.ask_at(path));
    assert!(
        left.await.is_err(),
        "it was answered before the client hung up"
    );
    let given = async || {
        let reply = world.root.get("/refresh_tokens").await;
        reply.json().as_array().unwrap().len()
    };
    for _ in 0..100 {
        if given().await == 1 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("no refresh token was made");
}
