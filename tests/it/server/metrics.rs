//! The metrics of a service that runs.

use std::collections::BTreeSet;
use std::fs::File;
use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, Database};

use super::{tls, wait_until};
use crate::cli::Workplace;
use crate::cli::running::{send, spawn, start, within};
use crate::notices::webhook_at;

/// The documentation names every metric, and the alerts and the dashboard name none that is not there.
#[test]
fn the_documentation_the_alerts_and_the_dashboard_know_the_metrics() {
    // With all that has metrics of its own.
    let (workplace, _authority) = tls::workplace();
    let log = File::create(workplace.path().join("log")).unwrap();
    let webhook = webhook_at("http://127.0.0.1:1/");
    let mut running = spawn(&workplace, &tls::variables("admin"), log, &webhook);
    assert!(running.becomes_ready());
    running.get("/jwt/auth?service=container_registry");
    let metrics = || send(&running.ops, "GET /metrics", "accept: */*\r\n");
    wait_until("tokens that end and notices are counted", || {
        let metrics = metrics();
        metrics.contains("wharfinger_access_tokens_expiring{within_days=\"30\"} 0")
            && metrics.contains("wharfinger_notices{state=\"pending\"} 0")
    });
    let metrics = metrics();
    let end = "wharfinger_tls_certificate_end_timestamp_seconds{listener=\"admin\"} 1";
    assert!(metrics.contains(end), "{metrics}");
    let typed = metrics
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "));
    let there: BTreeSet<&str> = typed.map(|line| line.split(' ').next().unwrap()).collect();
    let read = |path: &str| std::fs::read_to_string(path).unwrap();
    let table = read("docs/metrics.md");
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
    let explained: BTreeSet<&str> = rows.map(|row| row.split('`').next().unwrap()).collect();
    assert_eq!(explained, there);
    for path in [
        "deploy/monitoring/alerts.yaml",
        "deploy/monitoring/alerts_test.yaml",
        "deploy/monitoring/dashboard.json",
    ] {
        let text = read(path);
        let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        let is_metric =
            |word: &&str| word.starts_with("wharfinger_") || word.starts_with("process_");
        for name in words.filter(is_metric) {
            let name = name.trim_end_matches("_bucket");
            assert!(explained.contains(name), "{path} names {name}");
        }
    }
}

/// The worst states are those in which tokens go on and nobody looks at `/readyz`.
#[tokio::test(flavor = "multi_thread")]
async fn changes_that_cannot_be_made_are_in_the_metrics() {
    let workplace = Workplace::empty();
    let running = start(&workplace, "log");
    let secret = workplace.ok(&[
        "token", "create", "--user", "admin", "--name", "x", "--scope", "api",
    ]);
    let header = format!("private-token: {}\r\n", secret.trim());
    let metrics = || send(&running.ops, "GET /metrics", "accept: */*\r\n");
    let (ready, pulls) = (
        "wharfinger_ready{work=\"all\"} ",
        "wharfinger_ready{work=\"pulls\"} 1\n",
    );
    let has = |parts: &[&str]| {
        let metrics = metrics();
        parts.iter().all(|part| metrics.contains(part))
    };
    within(Duration::from_secs(20), "the keys are looked at", || {
        has(&[
            &format!("{ready}1\n"),
            pulls,
            "wharfinger_check_failing{check=\"signing_keys\"} 0\n",
        ])
    });
    assert!(!metrics().contains("check=\"changes\""));

    let file = workplace.path().join("data/wharfinger.db");
    let mut one = ConnectOptions::new(format!("sqlite://{}", file.display()));
    one.max_connections(1);
    let other = Database::connect(one).await.unwrap();
    other.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    send(
        &running.admin,
        "POST /api/v4/groups?name=waits&path=waits",
        &header,
    );
    within(Duration::from_secs(20), "the failure is a metric", || {
        has(&[
            &format!("{ready}0\n"),
            pulls,
            "wharfinger_check_failing{check=\"changes\"} 1\n",
            "wharfinger_check_failing_seconds{check=\"changes\"} ",
        ])
    });

    other.execute_unprepared("ROLLBACK").await.unwrap();
    within(Duration::from_secs(20), "it is over", || {
        has(&[&format!("{ready}1\n")]) && !has(&["check=\"changes\""])
    });
}
