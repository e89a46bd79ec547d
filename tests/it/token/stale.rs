//! Answers while the database is away: pulls go on for a while, and nothing else.

use std::time::Duration;

use axum::http::StatusCode;
use wharfinger::domain::expiry::Expiry;
use wharfinger::domain::namespaces::visibility::Visibility;
use wharfinger::domain::secret::{SecretKind, SecretToken};
use wharfinger::server::SystemEntropy;

use super::forms::Form;
use crate::harness::{Caller, TestApp};

const PULL: &str = "repository:team/app:pull";
const PUBLIC: &str = "repository:open/app:pull";

/// The age at which copies are not right any more without a question to the database.
const OLD: Duration = Duration::from_millis(1100);

/// Callers of a service that has answered each of them before.
struct Warm {
    app: TestApp,
    token: Caller,
    machine: Caller,
    refreshed: Caller,
}

async fn warm(configuration: &str) -> Warm {
    let app = TestApp::start_with(configuration).await;
    app.user("alice").await;
    app.project("team/app", Visibility::Private).await;
    app.project("open/app", Visibility::Public).await;
    app.member("team", "alice", "developer").await;
    let token = app.actor("alice", "read_registry write_registry").await;
    let machine = app.machine("team", "read_registry").await;
    let login = "/jwt/auth?service=container_registry&offline_token=true";
    let login = app.login("alice").ask_at(login).await;
    let refresh_token = login.json()["refresh_token"].as_str().unwrap().to_owned();
    let warm = Warm {
        token: app.caller("alice", token.secret()),
        machine: machine.clone(),
        refreshed: app.caller("alice", &refresh_token),
        app,
    };
    for caller in [&warm.token, &warm.machine, &warm.refreshed] {
        assert_eq!(caller.granted(&[PULL]).await, [PULL]);
    }
    assert_eq!(warm.app.anonymous().granted(&[PUBLIC]).await, [PUBLIC]);
    warm
}

/// 503, and not as a client reads "log in again".
async fn is_told_to_come_back(caller: &Caller, scopes: &[&str]) {
    let reply = caller.ask(scopes).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{scopes:?}");
    assert_eq!(reply.header("retry-after"), "5");
}

#[tokio::test]
async fn pulls_go_on_without_the_database_and_nothing_else_does() {
    let warm = warm("").await;
    warm.app.close_storage().await;
    tokio::time::sleep(OLD).await;
    assert_eq!(warm.token.granted(&[PULL]).await, [PULL]);
    assert_eq!(warm.machine.granted(&[PULL]).await, [PULL]);
    assert_eq!(warm.refreshed.granted(&[PULL]).await, [PULL]);
    let posted = Form::refresh_token(warm.token.secret()).with("scope", PULL);
    assert_eq!(posted.post(&warm.app).await.granted(&warm.app.keys), [PULL]);
    assert_eq!(warm.app.anonymous().granted(&[PUBLIC]).await, [PUBLIC]);
    assert_eq!(warm.token.granted(&[]).await, [""; 0], "a login");
    for scope in [
        "repository:team/app:pull,push",
        "repository:team/app:delete",
        "repository:team/app:*",
        "registry:catalog:*",
    ] {
        is_told_to_come_back(&warm.token, &[scope]).await;
    }
    is_told_to_come_back(&warm.token, &[PULL, "repository:team/other:pull"]).await;
    is_told_to_come_back(&warm.refreshed, &["repository:team/app:push"]).await;
    is_told_to_come_back(&warm.app.login("alice"), &[PULL]).await;
    let unknown = SecretToken::generate(SecretKind::AccessToken, &SystemEntropy);
    is_told_to_come_back(&warm.app.caller("alice", unknown.expose()), &[PULL]).await;
}

/// Of a path that nobody asked for before nothing is known then, so a refusal would tell that something is there.
#[tokio::test]
async fn a_refusal_without_the_database_does_not_tell_what_exists() {
    let warm = warm("").await;
    let app = &warm.app;
    app.user("mallory").await;
    app.project("other/app", Visibility::Private).await;
    let stranger = app.actor("mallory", "read_registry").await;
    let narrow = app.limited_actor("mallory", "read_registry", "mine/*");
    let (narrow, machine) = (narrow.await, app.machine("other", "read_registry").await);
    let anyone = app.anonymous();
    let callers: [&Caller; 4] = [&anyone, &stranger, &narrow, &machine];
    for caller in callers {
        assert_eq!(caller.granted(&[PULL]).await, [""; 0]);
    }
    app.close_storage().await;
    tokio::time::sleep(OLD).await;
    for caller in callers {
        let hidden = caller.ask(&[PULL]).await;
        let absent = caller.ask(&["repository:team/none:pull"]).await;
        assert_eq!(hidden.status, absent.status);
        assert_eq!(hidden.body, absent.body);
        is_told_to_come_back(caller, &[PULL]).await;
    }
}

/// What is behind a proxy may be more than images, and its token may have been revoked meanwhile.
#[tokio::test]
async fn nobody_is_let_in_by_a_proxy_without_the_database() {
    let verify = "/auth/verify?scope=read_registry";
    let warm = warm("").await;
    let verified = warm.token.ask_at(verify).await;
    assert_eq!(verified.status, StatusCode::NO_CONTENT);
    warm.app.close_storage().await;
    tokio::time::sleep(OLD).await;
    let unknown = SecretToken::generate(SecretKind::AccessToken, &SystemEntropy);
    for caller in [&warm.token, &warm.app.caller("alice", unknown.expose())] {
        let reply = caller.ask_at(verify).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(reply.header("cache-control"), "no-store");
        assert_eq!(reply.header("retry-after"), "5");
    }
    assert_eq!(warm.token.granted(&[PULL]).await, [PULL]);
}

#[tokio::test]
async fn ends_count_without_the_database_too() {
    let warm = warm("").await;
    let app = &warm.app;
    let end = Expiry::at(app.now() + chrono::Duration::minutes(30));
    let short = app.actor_with("alice", "read_registry", |token| token.expiring(Some(end)));
    let short = short.await;
    assert_eq!(short.granted(&[PULL]).await, [PULL]);
    app.close_storage().await;
    tokio::time::sleep(OLD).await;
    assert_eq!(short.granted(&[PULL]).await, [PULL]);
    app.clock.advance(chrono::Duration::minutes(31));
    assert_eq!(short.ask(&[PULL]).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(warm.token.granted(&[PULL]).await, [PULL]);
}

#[tokio::test]
async fn pulls_end_after_the_time_that_is_configured() {
    let warm = warm("[database]\nserve_stale_for = \"2s\"").await;
    warm.app.close_storage().await;
    tokio::time::sleep(OLD).await;
    assert_eq!(warm.token.granted(&[PULL]).await, [PULL]);
    let anyone = warm.app.anonymous();
    for _ in 0..3 {
        assert_eq!(anyone.ask_at("/readyz").await.status, StatusCode::OK);
    }
    let by_ops = async |path: &str| warm.app.ops(path).await.status;
    assert_eq!(by_ops("/readyz").await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(by_ops("/readyz/pulls").await, StatusCode::OK);
    tokio::time::sleep(OLD).await;
    is_told_to_come_back(&warm.token, &[PULL]).await;
    let ready = anyone.ask_at("/readyz").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    let pulls = by_ops("/readyz/pulls").await;
    assert_eq!(pulls, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn pulls_end_with_the_database_if_that_is_configured() {
    for configuration in [
        "[database]\nserve_stale_for = \"0s\"",
        "[database]\ncache_megabytes = 0",
    ] {
        let warm = warm(configuration).await;
        warm.app.close_storage().await;
        tokio::time::sleep(OLD).await;
        is_told_to_come_back(&warm.token, &[PULL]).await;
        is_told_to_come_back(&warm.app.anonymous(), &[PUBLIC]).await;
    }
}
