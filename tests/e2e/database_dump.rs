//! A dump that is loaded into the database of a running service: for a while the counter of changes has no row.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::harness::requests::{ask, auth, basic};
use crate::harness::servers::{Kind, Server};
use crate::harness::{Service, Story, World, wait_until};

pub(crate) const STORIES: &[Story] = &[
    (
        "a_dump_that_is_loaded_into_postgresql_is_a_database_that_is_away",
        a_dump_that_is_loaded_into_postgresql_is_a_database_that_is_away,
    ),
    (
        "a_dump_that_is_loaded_into_mariadb_is_a_database_that_is_away",
        a_dump_that_is_loaded_into_mariadb_is_a_database_that_is_away,
    ),
];

/// `database.serve_stale_for` of these stories.
const STALE: Duration = Duration::from_secs(5);
/// The time in which the end of [`STALE`] is not surely before or after the moment.
const UNSURE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(50);

fn a_dump_that_is_loaded_into_postgresql_is_a_database_that_is_away(world: &World) {
    is_away(world, Kind::Postgres);
}

fn a_dump_that_is_loaded_into_mariadb_is_a_database_that_is_away(world: &World) {
    is_away(world, Kind::Maria);
}

fn is_away(world: &World, kind: Kind) {
    let server = Server::start(kind);
    let more = [("WHARFINGER_DATABASE__SERVE_STALE_FOR", "5s")];
    let service = Service::start_on_with(&world.new_folder(), &server.url(), &more);
    let create = ["token", "create", "--user", "admin", "--name", "x"];
    let scope = ["--scope", "read_registry"];
    let secret = service.secret_cli(&[&create[..], &scope].concat());
    let login = basic("admin", &world.secret(secret.trim().to_owned()));
    let pull = |project: &str| {
        let scope = format!("repository:{project}/app:pull");
        auth(address(&service.url), &scope, &login).status()
    };
    let all = || readiness(&service);
    assert_eq!(pull("nowhere"), 200);
    assert_eq!(all(), [200; 4]);

    server.tell("create table aside as select * from change_counter");
    server.tell("delete from change_counter");
    let begin = Instant::now();
    while begin.elapsed() + UNSURE < STALE {
        assert_eq!(all(), [200, 200, 503, 503], "after {:?}", begin.elapsed());
        assert_eq!(pull("nowhere"), 200);
        sleep(PAUSE);
    }
    assert_eq!(pull("elsewhere"), 503, "a cold one");
    let told =
        ask(address(&service.ops_url), "GET /readyz", "").json()["checks"]["storage"].to_string();
    assert!(
        told.contains("the counter of its changes is gone"),
        "{told}"
    );
    sleep(2 * UNSURE);
    for _ in 0..10 {
        assert_eq!(all(), [503; 4]);
        assert_eq!(pull("nowhere"), 503);
        sleep(PAUSE);
    }

    server.tell("insert into change_counter select * from aside");
    wait_until("all are ready again", || {
        all() == [200; 4] && pull("nowhere") == 200 && pull("elsewhere") == 200
    });
    wait_until("the log says so", || {
        service.process.log().contains("\"ready for pulls again, ")
    });
    let log = service.process.log();
    for (text, times) in [
        ("\"not ready: ", 1),
        ("\"ready again, ", 1),
        ("\"not ready for pulls: ", 1),
        ("\"ready for pulls again, ", 1),
    ] {
        assert_eq!(log.matches(text).count(), times, "{text}: {log}");
    }
}

/// The answers of the listeners for tokens, of ops in its place, of ops, and of the admin API.
fn readiness(service: &Service) -> [u16; 4] {
    [
        (&service.url, "GET /readyz"),
        (&service.ops_url, "GET /readyz/pulls"),
        (&service.ops_url, "GET /readyz"),
        (&service.admin_url, "GET /readyz"),
    ]
    .map(|(url, request)| ask(address(url), request, "").status())
}

/// The host and port of a listener.
fn address(url: &str) -> &str {
    url.strip_prefix("http://").unwrap()
}
