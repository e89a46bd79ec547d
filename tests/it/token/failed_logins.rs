//! Failed logins: so many are free, then the next one waits, and nobody else does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use axum::http::{HeaderValue, Request, StatusCode};
use chrono::Duration;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::sleep;
use wharfinger::domain::expiry::Expiry;
use wharfinger::domain::secret::{SecretKind, SecretToken};
use wharfinger::server::SystemEntropy;

use super::start;
use crate::harness::{Caller, Reply, TestApp, basic, peer};

/// The failures that are free without a setting.
const FREE: usize = 10;
const ATTACKER: &str = "203.0.113.7";

fn unknown_token() -> String {
    let token = SecretToken::generate(SecretKind::AccessToken, &SystemEntropy);
    token.expose().to_owned()
}

/// Fails so often from an address, each time with another password.
async fn fail(app: &TestApp, name: &str, address: &str, times: usize) {
    for number in 0..times {
        let reply = attempt(app, name, address, number).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{number}");
    }
}

async fn attempt(app: &TestApp, name: &str, address: &str, number: usize) -> Reply {
    let password = format!("wrong {number}");
    let caller = app.caller(name, &password).at(address);
    caller.ask_at("/jwt/auth?service=container_registry").await
}

fn waits(reply: &Reply, seconds: &str) {
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(reply.header("retry-after"), seconds);
    assert_eq!(reply.json()["errors"][0]["code"], "TOOMANYREQUESTS");
}

async fn works(caller: &Caller) -> bool {
    caller.ask(&[]).await.status == StatusCode::OK
}

#[tokio::test]
async fn wrong_passwords_make_the_next_login_wait_and_the_wait_grows_and_ends() {
    let app = start().await;
    fail(&app, "alice", ATTACKER, FREE).await;
    waits(&attempt(&app, "alice", ATTACKER, 99).await, "1");
    app.clock.advance(Duration::seconds(1));
    let once_more = attempt(&app, "alice", ATTACKER, 98).await;
    assert_eq!(once_more.status, StatusCode::UNAUTHORIZED);
    waits(&attempt(&app, "alice", ATTACKER, 97).await, "2");
    app.clock.advance(Duration::seconds(2));
    let alice = app.login("alice").at(ATTACKER);
    assert!(works(&alice).await, "the right one ends it");
    fail(&app, "alice", ATTACKER, FREE - 1).await;
}

#[tokio::test]
async fn nobody_else_waits() {
    let app = start().await;
    app.user("bob").await;
    let token = app.actor("alice", "read_registry").await;
    fail(&app, "alice", ATTACKER, FREE).await;
    waits(&attempt(&app, "alice", ATTACKER, 99).await, "1");
    assert!(
        works(&app.login("bob").at(ATTACKER)).await,
        "another account"
    );
    assert!(
        works(&app.login("alice").at("203.0.113.8")).await,
        "another address"
    );
    assert!(works(&token.at(ATTACKER)).await, "a token");
    waits(&attempt(&app, "ALICE", ATTACKER, 98).await, "1");
}

#[tokio::test]
async fn an_ipv6_client_is_its_network() {
    let app = start().await;
    app.user("bob").await;
    fail(&app, "alice", "2001:db8::1", FREE).await;
    waits(&attempt(&app, "alice", "2001:db8::2", 99).await, "1");
    let other = attempt(&app, "alice", "2001:db8:0:1::1", 99).await;
    assert_eq!(other.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_same_wrong_password_counts_once_and_is_computed_once() {
    let app = start().await;
    for number in 0..FREE - 1 {
        for _ in 0..2 {
            let reply = attempt(&app, "alice", ATTACKER, number).await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
        }
    }
    let computed = || app.service.issuer.admission.passwords.numbers().computed;
    let before = computed();
    for _ in 0..50 {
        attempt(&app, "alice", ATTACKER, FREE - 2).await;
    }
    assert_eq!(computed(), before);
    assert!(works(&app.login("alice").at(ATTACKER)).await);
}

#[tokio::test]
async fn a_user_who_does_not_exist_waits_as_others_do() {
    let app = start().await;
    fail(&app, "nobody", ATTACKER, FREE).await;
    waits(&attempt(&app, "nobody", ATTACKER, 99).await, "1");
}

#[tokio::test]
async fn a_runner_with_an_expired_token_waits_alone() {
    let app = start().await;
    let expired = async || {
        let end = Expiry::at(app.now() + Duration::hours(1));
        app.actor_with("alice", "read_registry", |new| new.expiring(Some(end)))
            .await
    };
    let (runner, neighbour) = (expired().await, expired().await);
    let other = app.actor("alice", "read_registry").await;
    app.clock.advance(Duration::hours(2));
    let (runner, neighbour) = (runner.at(ATTACKER), neighbour.at(ATTACKER));
    for _ in 0..FREE {
        assert_eq!(runner.ask(&[]).await.status, StatusCode::UNAUTHORIZED);
        app.clock.advance(Duration::seconds(5));
    }
    assert_eq!(runner.ask(&[]).await.status, StatusCode::UNAUTHORIZED);
    waits(&runner.ask(&[]).await, "2");
    assert_eq!(neighbour.ask(&[]).await.status, StatusCode::UNAUTHORIZED);
    assert!(works(&other.at(ATTACKER)).await);
}

#[tokio::test]
async fn guessed_tokens_are_throttled_and_a_token_that_works_is_not() {
    let app = start().await;
    let good = app.actor("alice", "read_registry").await.at(ATTACKER);
    for _ in 0..FREE {
        let guess = app.with(&unknown_token()).at(ATTACKER);
        assert_eq!(guess.ask(&[]).await.status, StatusCode::UNAUTHORIZED);
    }
    waits(&app.with(&unknown_token()).at(ATTACKER).ask(&[]).await, "2");
    assert!(works(&good).await);
    let verify = Request::get("/auth/verify")
        .header("authorization", basic("", &unknown_token()))
        .extension(peer(ATTACKER));
    let reply = app.send(verify.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "nginx knows no 429");
    assert_eq!(reply.header("retry-after"), "4");
    app.clock.advance(Duration::seconds(4));
    let after_it = app.with(&unknown_token()).at(ATTACKER).ask(&[]).await;
    assert_eq!(after_it.status, StatusCode::UNAUTHORIZED);
}

/// Two nodes behind one address have a secret each that nobody knows any more; each sends its own by POST and once more by GET.
#[tokio::test]
async fn secrets_that_several_clients_send_twice_at_once_count_once_each() {
    let app = start().await;
    let node = || app.with(&unknown_token()).at(ATTACKER);
    for _ in 1..FREE / 2 {
        let nodes = [node(), node()];
        for node in nodes.iter().chain(&nodes) {
            assert_eq!(node.ask(&[]).await.status, StatusCode::UNAUTHORIZED);
        }
    }
    for node in [node(), node()] {
        assert_eq!(node.ask(&[]).await.status, StatusCode::UNAUTHORIZED);
    }
    waits(&app.with(&unknown_token()).at(ATTACKER).ask(&[]).await, "2");
}

#[tokio::test]
async fn an_access_token_that_comes_as_a_refresh_token_never_waits() {
    let app = start().await;
    let token = app.actor("alice", "read_registry").await;
    let form = format!(
        "grant_type=refresh_token&service=container_registry&refresh_token={}",
        token.secret()
    );
    for number in 0..FREE + 2 {
        let request = Request::post("/jwt/auth")
            .header("content-type", "application/x-www-form-urlencoded")
            .extension(peer(ATTACKER))
            .body(Body::from(form.clone()));
        let reply = app.send(request.unwrap()).await;
        assert_eq!(reply.status, StatusCode::OK, "{number}");
        app.clock.advance(Duration::seconds(5));
    }
}

#[tokio::test]
async fn the_api_throttles_too_but_notices_a_stolen_token_all_the_same() {
    let app = start().await;
    let stolen = app.actor("alice", "api").await;
    let rotated = stolen
        .post("/personal_access_tokens/self/rotate", json!({}))
        .await;
    let next = stolen.holding(&rotated.json());
    let thief = stolen.at(ATTACKER);
    for number in 0..FREE {
        assert_eq!(thief.get("/user").await.status, 401, "{number}");
        app.clock.advance(Duration::seconds(5));
    }
    thief.get("/user").await;
    let reply = thief.get("/user").await;
    assert_eq!(
        reply.status,
        StatusCode::TOO_MANY_REQUESTS,
        "{}",
        reply.body
    );
    assert_eq!(reply.header("retry-after"), "2");
    assert!(
        reply.json()["message"]
            .as_str()
            .unwrap()
            .starts_with("429 ")
    );
    assert!(works(&next).await);
    thief
        .post("/personal_access_tokens/self/rotate", json!({}))
        .await;
    assert!(!works(&next).await, "the family is revoked");
}

#[tokio::test]
async fn exempt_addresses_never_wait_and_the_rules_can_be_changed() {
    let rules = "[failed_logins]\nfree = 0\nlongest_wait = \"2s\"\nexempt = [\"203.0.113.0/25\"]";
    let app = TestApp::start_with(rules).await;
    app.user("alice").await;
    fail(&app, "alice", ATTACKER, 5).await;
    let far = "203.0.113.200";
    let first = attempt(&app, "alice", far, 50).await;
    assert_eq!(first.status, StatusCode::UNAUTHORIZED);
    waits(&attempt(&app, "alice", far, 99).await, "1");
    for number in 0..4 {
        app.clock.advance(Duration::seconds(2));
        attempt(&app, "alice", far, number + 10).await;
    }
    waits(&attempt(&app, "alice", far, 98).await, "2");
}

#[tokio::test]
async fn a_flood_of_wrong_passwords_refuses_no_login_from_where_one_was_right() {
    let few = "[passwords]\nconcurrent = 1\nwaiting = 4";
    let app = Arc::new(TestApp::start_with(few).await);
    app.user("alice").await;
    let home = app.login("alice").at("198.51.100.1");
    assert!(works(&home).await);
    let mut flood = JoinSet::new();
    for number in 0..120 {
        let app = Arc::clone(&app);
        flood.spawn(async move {
            let address = format!("203.0.113.{number}");
            attempt(&app, "alice", &address, number).await.status
        });
    }
    for _ in 0..10 {
        assert!(works(&home).await);
    }
    let answers = flood.join_all().await;
    assert!(
        answers.contains(&StatusCode::SERVICE_UNAVAILABLE),
        "the queue was full"
    );
    assert!(answers.contains(&StatusCode::UNAUTHORIZED));
}

#[tokio::test]
async fn guesses_at_the_same_time_are_no_more_than_those_one_after_the_other() {
    for concurrent in [1, 8] {
        let turns = format!("[passwords]\nconcurrent = {concurrent}");
        let app = Arc::new(TestApp::start_with(&turns).await);
        app.user("alice").await;
        let mut guesses = JoinSet::new();
        for number in 0..40 {
            let app = Arc::clone(&app);
            guesses.spawn(async move { attempt(&app, "alice", ATTACKER, number).await.status });
        }
        let answers = guesses.join_all().await;
        let looked_at = answers
            .iter()
            .filter(|status| **status == StatusCode::UNAUTHORIZED);
        assert_eq!(looked_at.count(), FREE, "{concurrent} at a time");
    }
}

/// Docker asks for several tokens at a time, each with the password.
#[tokio::test]
async fn one_right_password_many_times_at_once_never_waits() {
    let rules = "[passwords]\nconcurrent = 8\n[failed_logins]\nfree = 0";
    let app = TestApp::start_with(rules).await;
    app.user("alice").await;
    let alice = app.login("alice").at(ATTACKER);
    let asked = futures_util::future::join_all((0..16).map(|_| works(&alice)));
    assert_eq!(asked.await, [true; 16]);
}

#[tokio::test]
async fn an_address_that_was_right_once_may_not_flood_the_queue() {
    let few = "[passwords]\nconcurrent = 1\nwaiting = 4";
    let app = Arc::new(TestApp::start_with(few).await);
    app.user("alice").await;
    app.user("bob").await;
    assert!(works(&app.login("bob").at(ATTACKER)).await);
    for number in 0..FREE + 2 {
        attempt(&app, &format!("nobody{number}"), ATTACKER, number).await;
    }
    let (is_over, mut flood) = (Arc::new(AtomicBool::new(false)), JoinSet::new());
    for client in 0..12 {
        let (app, is_over) = (Arc::clone(&app), Arc::clone(&is_over));
        flood.spawn(async move {
            let mut answers = Vec::new();
            for number in 0.. {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                let name = format!("nobody{client}-{number}");
                answers.push(attempt(&app, &name, ATTACKER, number).await.status);
                sleep(std::time::Duration::from_millis(1)).await;
            }
            answers
        });
    }
    let alice = app.login("alice");
    for number in 1..5 {
        assert!(works(&alice.at(&format!("198.51.100.{number}"))).await);
    }
    is_over.store(true, Ordering::Relaxed);
    let answers = flood.join_all().await.concat();
    let busy = StatusCode::SERVICE_UNAVAILABLE;
    assert!(answers.contains(&busy), "the queue was full");
}

/// Mistypes a password now and then, and corrects it, as in an office whose people have one address.
#[tokio::test]
async fn a_busy_office_keeps_its_good_name() {
    let few = "[passwords]\nconcurrent = 1\nwaiting = 4";
    let app = Arc::new(TestApp::start_with(few).await);
    let office = "198.51.100.1";
    for number in 0..FREE + 2 {
        let name = format!("user{number}");
        app.user(&name).await;
        fail(&app, &name, office, 1).await;
        assert!(works(&app.login(&name).at(office)).await);
    }
    let mut flood = JoinSet::new();
    for number in 0..120 {
        let app = Arc::clone(&app);
        flood.spawn(async move {
            let address = format!("203.0.113.{number}");
            attempt(&app, "user0", &address, number).await.status
        });
    }
    let user = app.login("user0").at(office);
    for _ in 0..10 {
        assert!(works(&user).await);
    }
    let answers = flood.join_all().await;
    assert!(answers.contains(&StatusCode::SERVICE_UNAVAILABLE));
}

#[tokio::test]
async fn nothing_that_a_client_sends_makes_its_failures_those_of_its_proxy() {
    const PROXY: &str = "10.0.0.1";
    let rules = "[token]\ntrusted_proxies = [\"10.0.0.1\"]\n[failed_logins]\nfree = 2\nexempt = [\"10.0.0.0/8\"]";
    let app = TestApp::start_with(rules).await;
    app.user("alice").await;
    let spoiled: [(&str, &[u8], &str); 6] = [
        ("x-forwarded-for", b"", ""),
        ("x-forwarded-for", b"\"", ""),
        ("x-forwarded-for", b"\xff", ""),
        ("forwarded", b"for=\"", "for="),
        ("forwarded", b"for=\"a", "for="),
        ("forwarded", b"for=8.8.8.8;host=\"\xff\\", "for="),
    ];
    for (at, (name, client, before)) in spoiled.into_iter().enumerate() {
        let mut told = Vec::new();
        for number in 0..3 {
            let appended = format!(", {before}203.0.113.{at}");
            let line = [client, appended.as_bytes()].concat();
            let request = Request::get("/jwt/auth?service=container_registry")
                .header(
                    "authorization",
                    basic("alice", &format!("wrong {at} {number}")),
                )
                .header(name, HeaderValue::from_bytes(&line).unwrap())
                .extension(peer(PROXY));
            told.push(app.send(request.body(Body::empty()).unwrap()).await.status);
        }
        assert_eq!(told, [401, 401, 429], "{name} after {client:?}");
    }
}
