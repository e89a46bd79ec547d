//! The wait for a database server that works on something else.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::{Service, Story, World, run, wait_until};

pub(crate) const STORIES: &[Story] = &[(
    "a_request_waits_for_a_server_as_long_as_is_configured",
    a_request_waits_for_a_server_as_long_as_is_configured,
)];

/// Changes that wait for a row which another program has.
#[expect(
    clippy::disallowed_methods,
    reason = "tests/run.sh names the databases"
)]
fn a_request_waits_for_a_server_as_long_as_is_configured(world: &World) {
    let databases = std::env::var("BACKUP_DATABASE_URLS").unwrap_or_default();
    let mut databases = databases.split_whitespace();
    let Some(server) = databases.find(|url| url.starts_with("postgres")) else {
        return;
    };
    for (name, timeout, seconds) in [("short", "500ms", 0.5), ("long", "4s", 4.0)] {
        let make = format!("CREATE DATABASE {name}");
        run(world, "psql", &["-c", &make, server], "").must_succeed();
        let (start, _) = server.rsplit_once('/').unwrap();
        let url = format!("{start}/{name}");
        let service = Service::start_patient(&world.new_folder(), &url, timeout);
        let create = [
            "token", "create", "--user", "admin", "--name", "x", "--scope", "api",
        ];
        let token = world.secret(service.secret_cli(&create).trim().to_owned());
        let took = refused_while_locked(world, &service, &url, &token);
        let least = Duration::from_secs_f64(seconds);
        assert!(
            took >= least && took < least + Duration::from_secs(1),
            "{timeout}: {took:?}"
        );
    }
}

/// The time after which a change is 503 whose row another program holds for 8 s.
fn refused_while_locked(world: &World, service: &Service, url: &str, token: &str) -> Duration {
    let lock = "BEGIN; UPDATE change_counter SET number = number; SELECT pg_sleep(8); COMMIT";
    let mut other = Command::new("psql");
    other.args(["-c", lock, url]).stdout(Stdio::null());
    let mut other = other.spawn().unwrap();
    let sleeps = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
    wait_until("the row is locked", || {
        let asked = run(world, "psql", &["-At", "-c", sleeps, url], "");
        asked.stdout.trim() == "1"
    });
    let address = format!("{}/api/v4/groups?name=x&path=x", service.admin_url);
    let header = format!("private-token: {token}");
    let status = ["-s", "-o", "/dev/null", "-w", "%{http_code}", "-X", "POST"];
    let begin = Instant::now();
    let ran = run(
        world,
        "curl",
        &[&status[..], &["-H", &header, &address]].concat(),
        "",
    );
    let took = begin.elapsed();
    assert_eq!(ran.stdout, "503");
    other.kill().unwrap();
    other.wait().unwrap();
    took
}
