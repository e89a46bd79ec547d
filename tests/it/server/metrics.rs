//! The metrics of a service that runs.

use std::collections::BTreeSet;
use std::fs::File;

use super::{tls, wait_until};
use crate::cli::running::{send, spawn};
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
