//! The metrics that the operator's monitoring reads.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::Request;
use chrono::Duration;
use serde_json::json;
use wharfinger::domain::expiry::Expiry;
use wharfinger::domain::namespaces::visibility::Visibility;
use wharfinger::domain::secret::{SecretKind, SecretToken};
use wharfinger::server::SystemEntropy;

use crate::harness::{PASSWORD, TestApp, World};
use crate::two_factor::{set_up, wrong_code};

const AUTH: &str = "/jwt/auth?service=container_registry";

async fn metrics(app: &TestApp) -> String {
    app.ops("/metrics").await.body
}

/// The sum of the rows of a metric that have all these labels.
fn sum(metrics: &str, name: &str, labels: &[&str]) -> f64 {
    let rows = metrics.lines().filter_map(|line| {
        let (row, value) = line.rsplit_once(' ')?;
        let (found, row) = row.split_once('{').unwrap_or((row, ""));
        let fits = found == name && labels.iter().all(|label| row.contains(label));
        fits.then(|| value.parse::<f64>().unwrap())
    });
    rows.sum()
}

/// The number of hashes of passwords that were computed.
pub(crate) async fn computed_passwords(app: &TestApp) -> f64 {
    let name = "wharfinger_password_hashes_computed_total";
    sum(&metrics(app).await, name, &[])
}

#[track_caller]
fn counted(metrics: &str, name: &str, labels: &[&str], expected: f64) {
    let found = sum(metrics, name, labels);
    assert!(
        (found - expected).abs() < f64::EPSILON,
        "{name} {labels:?} is {found} and not {expected} in {metrics}"
    );
}

#[tokio::test]
async fn issued_tokens_are_counted_by_registry_and_credential() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.project("acme/app", Visibility::Private).await;
    app.actor("alice", "read_registry").await.ask_at(AUTH).await;
    app.login("alice").ask_at(AUTH).await;
    app.login("alice").ask_at(AUTH).await;
    app.machine("acme/app", "read_registry")
        .await
        .ask_at(AUTH)
        .await;
    app.anonymous().ask_at(AUTH).await;
    let metrics = metrics(&app).await;
    for (credential, expected) in [
        ("access_token", 1.0),
        ("password", 2.0),
        ("deploy_token", 1.0),
        ("anonymous", 1.0),
        ("refresh_token", 0.0),
    ] {
        let label = format!("credential=\"{credential}\"");
        let labels = [label.as_str(), "registry=\"container_registry\""];
        counted(
            &metrics,
            "wharfinger_registry_tokens_issued_total",
            &labels,
            expected,
        );
    }
}

#[tokio::test]
async fn refusals_are_counted_by_their_reason() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let revoked = app.actor("alice", "read_registry").await;
    app.revoke(&revoked).await;
    let end = Expiry::on(app.now().date_naive() + Duration::days(300));
    let expired = app.actor_with("alice", "read_registry", |token| token.expiring(Some(end)));
    let expired = expired.await;
    let elsewhere = app.actor("alice", "read_user").await;
    app.caller("alice", "wrong").ask_at(AUTH).await;
    app.caller("nobody", "wrong").ask_at(AUTH).await;
    revoked.ask_at(AUTH).await;
    elsewhere.ask_at(AUTH).await;
    app.anonymous().ask_at("/jwt/auth?service=unknown").await;
    app.anonymous().ask_at("/jwt/auth").await;
    for form in ["", "service=container_registry&grant_type=other"] {
        let request =
            Request::post("/jwt/auth").header("content-type", "application/x-www-form-urlencoded");
        app.send(request.body(Body::from(form)).unwrap()).await;
    }
    app.clock.advance(Duration::days(400));
    expired.ask_at(AUTH).await;
    let metrics = metrics(&app).await;
    let name = "wharfinger_registry_tokens_refused_total";
    let registry = "registry=\"container_registry\"";
    for reason in [
        "wrong_password",
        "unknown_user",
        "revoked_token",
        "expired_token",
        "no_registry_scope",
    ] {
        let label = format!("reason=\"{reason}\"");
        counted(&metrics, name, &[&label, registry], 1.0);
    }
    let malformed = ["reason=\"malformed_request\"", "registry=\"\""];
    counted(&metrics, name, &malformed, 4.0);
    // What a caller wrote names nothing.
    assert!(!metrics.contains("unknown\""), "{metrics}");
}

/// The UI of a registry asks without a credential first.
#[tokio::test]
async fn a_page_that_is_asked_for_a_login_got_no_token() {
    let app = TestApp::start_with("[token]\ncors_origins = [\"https://ui.example.com\"]").await;
    let request = Request::get(AUTH).header("origin", "https://ui.example.com");
    let reply = app.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.status, 401);
    let metrics = metrics(&app).await;
    let issued = "wharfinger_registry_tokens_issued_total";
    counted(&metrics, issued, &["credential=\"anonymous\""], 0.0);
    let refused = "wharfinger_registry_tokens_refused_total";
    counted(&metrics, refused, &["reason=\"login_wanted\""], 1.0);
}

#[tokio::test]
async fn actions_that_a_token_leaves_out_are_counted() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.project("acme/app", Visibility::Private).await;
    app.member("acme/app", "alice", "reporter").await;
    let alice = app.actor("alice", "read_registry write_registry").await;
    alice
        .ask(&[
            "repository:acme/app:pull,push",
            "repository:acme/other:pull",
        ])
        .await;
    let metrics = metrics(&app).await;
    let name = "wharfinger_actions_denied_total";
    counted(&metrics, name, &["reason=\"role_too_low\""], 1.0);
    counted(&metrics, name, &["reason=\"hidden\""], 1.0);
    counted(&metrics, name, &[], 2.0);
}

#[tokio::test]
async fn failed_logins_and_waits_are_counted_on_both_listeners() {
    let app = TestApp::start_with("[failed_logins]\nfree = 2\n").await;
    app.user("alice").await;
    for number in 0..4 {
        let caller = app.caller("alice", &format!("wrong {number}"));
        caller.at("203.0.113.7").ask_at(AUTH).await;
    }
    let request = Request::get("/api/v4/user").header("private-token", "wrong");
    app.send_admin(request.body(Body::empty()).unwrap()).await;
    let metrics = metrics(&app).await;
    let token = ["listener=\"token\"", "credential=\"password\""];
    counted(&metrics, "wharfinger_logins_failed_total", &token, 2.0);
    counted(&metrics, "wharfinger_logins_throttled_total", &token, 2.0);
    let admin = ["listener=\"admin\"", "credential=\"token\""];
    counted(&metrics, "wharfinger_logins_failed_total", &admin, 1.0);
    let computed = sum(&metrics, "wharfinger_password_hashes_computed_total", &[]);
    assert!(computed >= 2.0, "{computed}");
    counted(&metrics, "wharfinger_password_hashes_running", &[], 0.0);
    counted(&metrics, "wharfinger_password_hashes_waiting", &[], 0.0);
}

#[tokio::test]
async fn a_token_is_counted_as_one_where_no_password_is_taken() {
    let app = TestApp::start_with("[two_factor]\nrequired = true\n").await;
    let kinds = [SecretKind::RefreshToken, SecretKind::DeployToken];
    for kind in kinds {
        let secret = SecretToken::generate(kind, &SystemEntropy);
        app.caller("alice", secret.expose()).ask_at(AUTH).await;
    }
    app.caller("alice", PASSWORD).ask_at(AUTH).await;
    let metrics = metrics(&app).await;
    for (credential, expected) in [("token", 2.0), ("password", 1.0)] {
        let credential = format!("credential=\"{credential}\"");
        let labels = ["listener=\"token\"", credential.as_str()];
        counted(
            &metrics,
            "wharfinger_logins_failed_total",
            &labels,
            expected,
        );
    }
}

#[tokio::test]
async fn wrong_codes_are_counted_and_those_that_wait() {
    let World { app, alice, .. } = World::start_with("[failed_logins]\nfree = 2\n").await;
    let device = set_up(&app, &alice).await;
    let code = ["listener=\"admin\"", "credential=\"code\""];
    let (failed, throttled) = (
        "wharfinger_logins_failed_total",
        "wharfinger_logins_throttled_total",
    );
    for (number, told) in [(0, (1.0, 0.0)), (1, (2.0, 0.0)), (2, (2.0, 1.0))] {
        let wrong = json!({ "code": wrong_code(&device, app.now(), number) });
        alice.call("DELETE", "/user/two_factor", wrong).await;
        let metrics = metrics(&app).await;
        counted(&metrics, failed, &code, told.0);
        counted(&metrics, throttled, &code, told.1);
    }
    app.clock.advance(Duration::minutes(1));
    let right = json!({ "code": device.shows(app.now()) });
    let off = alice.call("DELETE", "/user/two_factor", right).await;
    assert_eq!(off.status, 204, "{}", off.body);
    counted(&metrics(&app).await, failed, &code, 2.0);
}

/// Guesses that wait for their turn, of which the first that is wrong makes the others wait for longer.
#[tokio::test]
async fn passwords_that_are_not_tried_count_no_computation() {
    let configuration = "[failed_logins]\nfree = 1\n[passwords]\nconcurrent = 1\n";
    let app = TestApp::start_with(configuration).await;
    app.user("alice").await;
    let name = "wharfinger_password_hashes_computed_total";
    let before = sum(&metrics(&app).await, name, &[]);
    let guesses = (0..6).map(|number| {
        let caller = app.caller("alice", &format!("wrong {number}"));
        async move { caller.at("203.0.113.7").ask_at(AUTH).await }
    });
    let replies = futures_util::future::join_all(guesses).await;
    let throttled = replies.iter().filter(|reply| reply.status == 429).count();
    assert_eq!((replies.len(), throttled), (6, 5));
    let metrics = metrics(&app).await;
    let token = ["listener=\"token\"", "credential=\"password\""];
    counted(&metrics, "wharfinger_logins_failed_total", &token, 1.0);
    counted(&metrics, name, &[], before + 1.0);
}

#[tokio::test]
async fn requests_are_counted_and_timed_by_listener_and_route() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.login("alice").ask_at(AUTH).await;
    app.anonymous().ask_at("/jwt/auth").await;
    app.anonymous()
        .ask_at("/secret-that-somebody-put-here")
        .await;
    app.get_admin("/api/v4/users/7").await;
    app.get_admin("/api/v4/users/8").await;
    let metrics = metrics(&app).await;
    let name = "wharfinger_http_requests_total";
    let auth = [
        "listener=\"token\"",
        "method=\"GET\"",
        "route=\"/jwt/auth\"",
    ];
    counted(
        &metrics,
        name,
        &[&auth[..], &["code=\"200\""]].concat(),
        1.0,
    );
    counted(
        &metrics,
        name,
        &[&auth[..], &["code=\"400\""]].concat(),
        1.0,
    );
    let user = [
        "listener=\"admin\"",
        "route=\"/api/v4/users/{id}\"",
        "code=\"401\"",
    ];
    counted(&metrics, name, &user, 2.0);
    counted(&metrics, name, &["route=\"none\"", "code=\"404\""], 1.0);
    assert!(!metrics.contains("secret-that"), "{metrics}");
    let duration = "wharfinger_http_request_duration_seconds";
    counted(&metrics, &format!("{duration}_count"), &auth, 2.0);
    let all = [&auth[..], &["le=\"+Inf\""]].concat();
    counted(&metrics, &format!("{duration}_bucket"), &all, 2.0);
    let took = sum(&metrics, &format!("{duration}_sum"), &auth);
    assert!(took > 0.0 && took < 10.0, "{took}");
}

#[tokio::test]
async fn copies_and_connections_are_counted() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let alice = app.actor("alice", "read_registry").await;
    for _ in 0..3 {
        alice.ask_at(AUTH).await;
    }
    let metrics = metrics(&app).await;
    let kind = ["kind=\"access_token\""];
    counted(&metrics, "wharfinger_copies_misses_total", &kind, 1.0);
    counted(&metrics, "wharfinger_copies_hits_total", &kind, 2.0);
    assert!(sum(&metrics, "wharfinger_copies", &[]) >= 2.0);
    assert!(sum(&metrics, "wharfinger_copies_size_bytes", &[]) > 100.0);
    let age = sum(&metrics, "wharfinger_copies_age_seconds", &[]);
    assert!(age > 0.0 && age < 5.0, "{age}");
    for pool in ["token", "admin", "changes", "follower"] {
        let label = format!("pool=\"{pool}\"");
        let open = sum(&metrics, "wharfinger_database_connections", &[&label]);
        let most = sum(&metrics, "wharfinger_database_connections_max", &[&label]);
        assert!(open <= most && most >= 1.0, "{pool}: {open} of {most}");
    }
}

#[tokio::test]
async fn the_ends_of_keys_and_of_tokens_are_told() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let soon = |days: i64| app.now().date_naive() + Duration::days(days);
    for days in [1, 5, 20, 200] {
        let end = soon(days);
        let token = app
            .actor_with("alice", "read_registry", |token| {
                token.expiring(Some(Expiry::on(end)))
            })
            .await;
        if days == 20 {
            app.revoke(&token).await;
        }
    }
    app.project("acme/app", Visibility::Private).await;
    let end = Some(Expiry::on(soon(5)));
    let dated = app.machine_with("acme/app", "read_registry", |mut wanted| {
        wanted.expiry = end;
        wanted
    });
    dated.await;
    app.machine("acme/app", "read_registry").await;
    app.service.count_expiring_tokens().await.unwrap();
    let metrics = metrics(&app).await;
    for (days, expected) in [("1", 0.0), ("7", 1.0), ("30", 1.0)] {
        let label = format!("within_days=\"{days}\"");
        let name = "wharfinger_deploy_tokens_expiring";
        counted(&metrics, name, &[&label], expected);
    }
    for (days, expected) in [("1", 1.0), ("7", 2.0), ("30", 2.0)] {
        let label = format!("within_days=\"{days}\"");
        counted(
            &metrics,
            "wharfinger_access_tokens_expiring",
            &[&label],
            expected,
        );
    }
    let name = "wharfinger_signing_key_end_timestamp_seconds";
    let end = sum(&metrics, name, &["state=\"active\""]);
    assert!(end > 1_000_000_000.0, "{metrics}");
}

/// Both formats have the same names, each with a help, and they follow Prometheus' conventions.
#[tokio::test]
async fn names_are_told_in_the_format_that_is_wanted() {
    let app = TestApp::start().await;
    app.anonymous().ask_at(AUTH).await;
    let plain = app.ops("/metrics").await;
    assert_eq!(
        plain.header("content-type"),
        "text/plain; version=0.0.4; charset=utf-8"
    );
    let wanted = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let open = app.ops_accepting("/metrics", wanted).await;
    assert_eq!(open.header("content-type"), wanted);
    assert!(open.body.ends_with("# EOF\n"));
    let families = |text: &str, comment: &str| -> BTreeSet<String> {
        let lines = text.lines().filter_map(|line| line.strip_prefix(comment));
        let names = lines.map(|line| line.split(' ').next().unwrap());
        names
            .map(|name| {
                name.trim_end_matches("_total")
                    .trim_end_matches("_info")
                    .to_owned()
            })
            .collect()
    };
    let (typed, helped) = (
        families(&plain.body, "# TYPE "),
        families(&plain.body, "# HELP "),
    );
    assert_eq!(typed, helped);
    assert_eq!(typed, families(&open.body, "# TYPE "));
    assert!(typed.len() > 20, "{typed:?}");
    for name in &typed {
        assert!(name.starts_with("wharfinger_"), "{name}");
        assert!(
            !name.contains("milli") && !name.ends_with("_count"),
            "{name}"
        );
    }
    for line in plain
        .body
        .lines()
        .filter(|line| line.starts_with("# TYPE "))
    {
        let is_total = line.contains("_total ");
        assert_eq!(is_total, line.ends_with(" counter"), "{line}");
    }
}
