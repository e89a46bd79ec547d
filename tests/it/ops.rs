//! What the operator reads on a listener of their own.

use chrono::Duration;
use serde_json::json;

use crate::harness::{SeededEntropy, TestApp};

/// What `/readyz` says about the authority; the service is ready all the while.
async fn authority_check(app: &TestApp) -> String {
    let reply = app.ops("/readyz").await;
    assert_eq!(reply.status, 200);
    let body = reply.json();
    assert_eq!(body["status"], "ready");
    body["checks"]["certificate_authority"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn details_are_told_to_the_operator_alone() {
    let app = TestApp::start().await;
    app.service.follow_keys().unwrap();
    assert_eq!(
        app.ops("/readyz").await.json(),
        json!({ "status": "ready", "checks": { "certificate_authority": "ok", "listeners": "ok", "signing_keys": "ok", "storage": "ok" } })
    );
    assert_eq!(
        app.anonymous().ask_at("/readyz").await.json(),
        json!({ "status": "ready" })
    );
    for path in ["/metrics", "/readyz/pulls"] {
        assert_eq!(app.anonymous().ask_at(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn the_end_of_the_authority_is_announced_long_before() {
    let app = TestApp::start().await;
    let end = app.keys.authority().not_after;
    assert!(app.service.follow_keys().unwrap().is_empty());
    assert_eq!(authority_check(&app).await, "ok");
    let open_metrics = "application/openmetrics-text; version=1.0.0";
    let metrics = app.ops_accepting("/metrics", open_metrics).await;
    assert!(
        metrics
            .header("content-type")
            .starts_with("application/openmetrics-text"),
        "{}",
        metrics.header("content-type")
    );
    let line = format!(
        "wharfinger_certificate_authority_end_timestamp_seconds {}\n",
        end.timestamp()
    );
    assert!(metrics.body.contains(&line), "{}", metrics.body);

    // A year, and the month that it takes, before the end.
    app.clock.advance(end - app.now() - Duration::days(396));
    assert!(app.service.follow_keys().unwrap().is_empty());
    app.clock.advance(Duration::days(1));
    let warning = app.service.follow_keys().unwrap().remove(0);
    assert_eq!(
        warning,
        "the certificate authority that registries trust ends on 2036-03-14; run `wharfinger keys ca renew`"
    );
    assert_eq!(authority_check(&app).await, warning);

    // Renewed, it says what is left to do, then whom it hits, then nothing; and the metric tells the new end.
    app.renew_authority();
    let warning = app.service.follow_keys().unwrap().remove(0);
    assert!(
        warning.contains("bring public/ca.crt to every registry and restart it before 2035-"),
        "{warning}"
    );
    app.clock.advance(Duration::days(31));
    let news = app.service.follow_keys().unwrap().remove(0);
    assert!(news.contains("refuses every token until it is"), "{news}");
    app.clock.advance(Duration::days(2));
    app.service.follow_keys().unwrap();
    app.clock.advance(Duration::days(2));
    assert!(app.service.follow_keys().unwrap().is_empty());
    assert_eq!(authority_check(&app).await, "ok");
    assert!(!app.ops("/metrics").await.body.contains(&line));
}

/// A registry that reads a key set when it starts has to be restarted before a new key signs for it.
#[tokio::test]
async fn a_key_that_waits_for_registries_to_be_restarted_is_announced() {
    let app = TestApp::start_with("[[registry]]\ntrust = \"jwks\"").await;
    let check = async || {
        app.service.follow_keys().unwrap();
        let body = app.ops("/readyz").await.json();
        body["checks"]["signing_keys"].as_str().unwrap().to_owned()
    };
    assert_eq!(check().await, "ok", "the first key of all signs at once");
    app.clock.advance(Duration::days(30));
    let told = "a new signing key waits; restart every registry with trust = \"jwks\" before 2026-04-14T15:09:26Z";
    assert_eq!(check().await, told);
    assert_eq!(app.service.follow_keys().unwrap(), [told]);
    app.clock.advance(Duration::hours(24));
    let missed = "a new key signs for registries with trust = \"jwks\" since 2026-04-14T15:09:26Z: one that was not \
                  restarted after 2026-04-13T15:09:26Z refuses every token until it is";
    assert_eq!(check().await, missed, "the deadline has passed");
    app.clock
        .advance(Duration::hours(24) - Duration::seconds(1));
    assert_eq!(check().await, missed, "also when the old key is gone");
    app.clock.advance(Duration::seconds(1));
    assert_eq!(check().await, "ok");
}

/// Somebody rotates twice within the day that registries have.
#[tokio::test]
async fn of_two_keys_that_wait_the_first_to_sign_is_announced_and_then_both() {
    let app = TestApp::start_with("[[registry]]\ntrust = \"jwks\"").await;
    let entropy = SeededEntropy::default();
    let told = || app.service.follow_keys().unwrap();
    let before = |time: &str| {
        format!(
            "a new signing key waits; restart every registry with trust = \"jwks\" before {time}"
        )
    };
    let since = |begun: &str, made: &str| {
        format!(
            "a new key signs for registries with trust = \"jwks\" since {begun}: one that was not restarted after {made} \
             refuses every token until it is"
        )
    };
    app.clock.advance(Duration::days(3));
    app.keys.rotate(app.now(), &entropy).unwrap();
    app.clock.advance(Duration::hours(20));
    app.keys.rotate(app.now(), &entropy).unwrap();
    let first = ["2026-03-17T15:09:26Z", "2026-03-18T15:09:26Z"];
    let second = ["2026-03-18T11:09:26Z", "2026-03-19T11:09:26Z"];
    assert_eq!(told(), [before(first[1])]);
    app.clock.advance(Duration::hours(4) - Duration::seconds(1));
    assert_eq!(told(), [before(first[1])]);
    app.clock.advance(Duration::seconds(1));
    let both = [before(second[1]), since(first[1], first[0])];
    assert_eq!(told(), both);
    let body = app.ops("/readyz").await.json();
    assert_eq!(body["checks"]["signing_keys"], both.join("; "));
    app.clock.advance(Duration::hours(20));
    assert_eq!(told(), [since(second[1], second[0])]);
}

#[tokio::test]
async fn the_first_key_of_all_is_no_news_for_anybody() {
    let app = TestApp::start_with("[[registry]]\ntrust = \"jwks\"").await;
    app.clock.advance(Duration::hours(25));
    assert!(app.service.follow_keys().unwrap().is_empty());
}

#[tokio::test]
async fn a_registry_that_trusts_the_authority_needs_no_restart() {
    let app = TestApp::start().await;
    app.clock.advance(Duration::days(30));
    assert!(app.service.follow_keys().unwrap().is_empty());
    assert_eq!(app.keys.keys(app.now()).len(), 2);
}
