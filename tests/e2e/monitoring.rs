//! The metrics and the rules for them, as Prometheus' own tool judges them.

use std::path::Path;

use crate::harness::{Story, World, run};

pub(crate) const STORIES: &[Story] = &[
    ("promtool_accepts_the_metrics", promtool_accepts_the_metrics),
    ("the_alerts_do_what_they_say", the_alerts_do_what_they_say),
];

fn promtool_accepts_the_metrics(world: &World) {
    let url = format!("{}/metrics", world.service.ops_url);
    let metrics = run(world, "curl", &["-sf", &url], "");
    metrics.must_succeed();
    assert!(
        metrics
            .stdout
            .contains("wharfinger_registry_tokens_issued_total")
    );
    let checked = run(world, "promtool", &["check", "metrics"], &metrics.stdout);
    checked.must_succeed();
    assert_eq!((checked.stdout.as_str(), checked.stderr.as_str()), ("", ""));
}

fn the_alerts_do_what_they_say(world: &World) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/monitoring");
    let path = |name: &str| folder.join(name).display().to_string();
    run(
        world,
        "promtool",
        &["check", "rules", &path("alerts.yaml")],
        "",
    )
    .must_succeed();
    let tests = path("alerts_test.yaml");
    run(world, "promtool", &["test", "rules", &tests], "").must_succeed();
}
