//! A database server that hangs: nobody waits for it for long, however many ask.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use crate::harness::requests::{Outcome, ask, auth, basic};
use crate::harness::servers::{Kind, Server};
use crate::harness::{Service, Story, World, wait_until};

pub(crate) const STORIES: &[Story] = &[
    (
        "a_postgresql_server_that_hangs_lets_nobody_wait_for_long",
        a_postgresql_server_that_hangs_lets_nobody_wait_for_long,
    ),
    (
        "a_mariadb_server_that_hangs_lets_nobody_wait_for_long",
        a_mariadb_server_that_hangs_lets_nobody_wait_for_long,
    ),
    (
        "the_token_listener_is_ready_while_pulls_go_on_without_postgresql",
        the_token_listener_is_ready_while_pulls_go_on_without_postgresql,
    ),
    (
        "the_token_listener_is_ready_while_pulls_go_on_without_mariadb",
        the_token_listener_is_ready_while_pulls_go_on_without_mariadb,
    ),
];

/// Those who ask at the same time: many more than there are connections.
const CROWD: usize = 60;
/// The 2 s of docs/operating.md, and what a loaded machine takes to say it; less than twice the wait of one after the other.
const SOON: Duration = Duration::from_millis(3500);
/// "At once", and within a second, on a loaded machine.
const AT_ONCE: Duration = Duration::from_millis(1500);

fn a_postgresql_server_that_hangs_lets_nobody_wait_for_long(world: &World) {
    hangs(world, Kind::Postgres);
}

fn a_mariadb_server_that_hangs_lets_nobody_wait_for_long(world: &World) {
    hangs(world, Kind::Maria);
}

fn hangs(world: &World, kind: Kind) {
    let server = Server::start(kind);
    let service = Service::start_on(&world.new_folder(), &server.url());
    let create = ["token", "create", "--user", "admin", "--name", "x"];
    let scope = ["--scope", "read_registry"];
    let secret = service.secret_cli(&[&create[..], &scope].concat());
    let login = basic("admin", &world.secret(secret.trim().to_owned()));
    let cold = |number: usize| {
        let scope = format!("repository:nowhere{number}/app:pull");
        let login = if number.is_multiple_of(2) { &login } else { "" };
        auth(address(&service.url), &scope, login)
    };
    assert_eq!([0, 1].map(|number| cold(number).status()), [200; 2]);

    server.signal("-STOP");
    for (crowd, limit) in [(1, SOON), (2, AT_ONCE)] {
        let answers = all_at_once(|one| cold(crowd * 1000 + one));
        for answer in &answers {
            assert_eq!(answer.status(), 503, "{crowd}: {answer:?}");
        }
        let longest = answers.iter().map(took).max().unwrap();
        println!("  {kind:?}: crowd {crowd} waited for {longest:?}");
        assert!(longest < limit, "{crowd}: {longest:?}");
    }
    let ready = ask(address(&service.ops_url), "GET /readyz", "");
    assert_eq!(ready.status(), 503);
    assert!(took(&ready) < SOON, "{ready:?}");
    let storage = ready.json()["checks"]["storage"].to_string();
    assert!(storage.contains("no answer within 2 s"), "{ready:?}");

    server.signal("-CONT");
    let (back, mut number) = (Instant::now(), 9000);
    wait_until("tokens are given again", || {
        number += 2;
        cold(number).status() == 200
    });
    println!("  {kind:?}: good again after {:?}", back.elapsed());
    assert!(back.elapsed() < AT_ONCE, "{:?}", back.elapsed());
}

/// `database.serve_stale_for` of these stories.
const STALE: Duration = Duration::from_secs(8);
/// The time in which the end of [`STALE`] is not surely before or after the moment.
const UNSURE: Duration = Duration::from_secs(1);
/// A check of a load balancer has a second at the most.
const CHECK: Duration = Duration::from_millis(500);

fn the_token_listener_is_ready_while_pulls_go_on_without_postgresql(world: &World) {
    is_ready_while_pulls_go_on(world, Kind::Postgres);
}

fn the_token_listener_is_ready_while_pulls_go_on_without_mariadb(world: &World) {
    is_ready_while_pulls_go_on(world, Kind::Maria);
}

fn is_ready_while_pulls_go_on(world: &World, kind: Kind) {
    let mut server = Server::start(kind);
    let more = [("WHARFINGER_DATABASE__SERVE_STALE_FOR", "8s")];
    let service = Service::start_on_with(&world.new_folder(), &server.url(), &more);
    let token = address(&service.url);
    let create = ["token", "create", "--user", "admin", "--name", "x"];
    let scope = ["--scope", "read_registry"];
    let secret = service.secret_cli(&[&create[..], &scope].concat());
    let login = basic("admin", &world.secret(secret.trim().to_owned()));
    let pull = || auth(token, "repository:nowhere/app:pull", &login).status();
    let ready = |expected: u16| {
        let ready = ask(token, "GET /readyz", "");
        assert_eq!(ready.status(), expected, "{ready:?}");
        assert!(took(&ready) < CHECK, "{ready:?}");
    };
    assert_eq!(pull(), 200);
    ready(200);

    server.signal("-STOP");
    let stopped = Instant::now();
    while stopped.elapsed() + UNSURE < STALE {
        ready(200);
        assert_eq!(pull(), 200, "after {:?}", stopped.elapsed());
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(2 * UNSURE);
    for _ in 0..20 {
        ready(503);
        assert_eq!(pull(), 503);
        std::thread::sleep(Duration::from_millis(50));
    }

    server.signal("-CONT");
    wait_until("it is ready again", || {
        ask(token, "GET /readyz", "").status() == 200 && pull() == 200
    });
    server.kill();
    let killed = Instant::now();
    while killed.elapsed() < 3 * UNSURE {
        ready(200);
        assert_eq!(pull(), 200, "after {:?}", killed.elapsed());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The answers to a crowd whose members ask together.
fn all_at_once(ask: impl Fn(usize) -> Outcome + Sync) -> Vec<Outcome> {
    let (start, ask) = (Barrier::new(CROWD), &ask);
    std::thread::scope(|scope| {
        let asking = (0..CROWD).map(|one| {
            let start = &start;
            scope.spawn(move || {
                start.wait();
                ask(one)
            })
        });
        let asking: Vec<_> = asking.collect();
        let answers = asking.into_iter().map(|thread| thread.join().unwrap());
        answers.collect()
    })
}

fn took(answer: &Outcome) -> Duration {
    match answer {
        Outcome::Answered { took, .. } => *took,
        Outcome::NotSent | Outcome::Broken(_) => panic!("{answer:?}"),
    }
}

/// The host and port of a listener.
fn address(url: &str) -> &str {
    url.strip_prefix("http://").unwrap()
}
