//! The waits for a database server, each of which has a limit of its own.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::requests::{Outcome, ask, auth};
use crate::harness::servers::{Kind, Server};
use crate::harness::{Service, Story, World, run, wait_until};

pub(crate) const STORIES: &[Story] = &[
    (
        "a_statement_is_waited_for_as_long_as_is_configured",
        a_statement_is_waited_for_as_long_as_is_configured,
    ),
    (
        "a_free_connection_is_waited_for_as_long_as_is_configured",
        a_free_connection_is_waited_for_as_long_as_is_configured,
    ),
    (
        "a_new_connection_is_waited_for_as_long_as_is_configured",
        a_new_connection_is_waited_for_as_long_as_is_configured,
    ),
];

const ACQUIRE: &str = "WHARFINGER_DATABASE__ACQUIRE_TIMEOUT";
const CONNECT: &str = "WHARFINGER_DATABASE__CONNECT_TIMEOUT";
const STATEMENT: &str = "WHARFINGER_DATABASE__STATEMENT_TIMEOUT";

/// A change that waits for a row which another program has, and a question that waits for a table.
fn a_statement_is_waited_for_as_long_as_is_configured(world: &World) {
    for (statement, limit) in [("500ms", 500), ("4s", 4000)] {
        let place = Place::start(world, &[(STATEMENT, statement)]);
        let lock = place.lock();
        place.change().is_refused_after(limit);
        place.cold_token().is_refused_after(limit);
        drop(lock);
        let told = statement.replace("ms", " ms").replace("4s", "4 s");
        place.tells(&format!("no answer within {told}"));
    }
}

/// A change that waits for another one, which has the connection for changes.
fn a_free_connection_is_waited_for_as_long_as_is_configured(world: &World) {
    for (acquire, limit) in [("500ms", 500), ("3s", 3000)] {
        let place = Place::start(world, &[(ACQUIRE, acquire), (STATEMENT, "5s")]);
        let lock = place.lock();
        std::thread::scope(|scope| {
            let first = scope.spawn(|| place.change());
            std::thread::sleep(Duration::from_millis(200));
            place.change().is_refused_after(limit);
            first.join().unwrap().is_refused_after(5000);
        });
        drop(lock);
        place.tells("all connections are in use");
    }
}

/// A server that takes connections and says nothing.
fn a_new_connection_is_waited_for_as_long_as_is_configured(world: &World) {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    for scheme in ["postgres", "mysql"] {
        let url = format!("{scheme}://someone@{address}/name");
        for (connect, limit) in [("500ms", 500), ("3s", 3000)] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_wharfinger"));
            command
                .args(["user", "list"])
                .current_dir(world.new_folder())
                .env("WHARFINGER_DATABASE__URL", &url)
                .envs([(ACQUIRE, "5s"), (CONNECT, connect), (STATEMENT, "5s")]);
            let begin = Instant::now();
            let ran = crate::harness::finish(world, command, "");
            is_about(begin.elapsed(), limit);
            let told = connect.replace("ms", " ms").replace("3s", "3 s");
            let told = format!("{address}: no answer within {told}");
            assert!(ran.stderr.contains(&told), "{}", ran.stderr);
        }
    }
}

/// A service with a server of its own.
struct Place<'a> {
    world: &'a World,
    service: Service,
    server: Server,
    header: String,
}

/// The outcome of a change, and the time it took.
struct Refused(Outcome);

/// A row that another program holds, until the value ends.
struct Lock(Child);

impl<'a> Place<'a> {
    fn start(world: &'a World, more: &[(&'static str, &str)]) -> Self {
        let server = Server::start(Kind::Postgres);
        let service = Service::start_on_with(&world.new_folder(), &server.url(), more);
        let create = ["token", "create", "--user", "admin", "--name", "x"];
        let scope = ["--scope", "api"];
        let secret = service.secret_cli(&[&create[..], &scope].concat());
        let secret = world.secret(secret.trim().to_owned());
        Self {
            world,
            service,
            server,
            header: format!("private-token: {secret}\r\n"),
        }
    }

    /// Locks the row for which every change waits, and a table that token requests read.
    fn lock(&self) -> Lock {
        let lock = "BEGIN; UPDATE change_counter SET number = number; LOCK TABLE namespaces; \
                    SELECT pg_sleep(30); COMMIT";
        let url = self.server.url();
        let mut other = Command::new("psql");
        other.args(["-c", lock, &url]).stdout(Stdio::null());
        let lock = Lock(other.spawn().unwrap());
        let sleeps = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
        wait_until("the row is locked", || {
            let asked = run(self.world, "psql", &["-At", "-c", sleeps, &url], "");
            asked.stdout.trim() == "1"
        });
        lock
    }

    /// Waits until the log says so.
    fn tells(&self, what: &str) {
        wait_until(what, || self.service.process.log().contains(what));
    }

    /// A request for a token for a repository of which there is no copy.
    fn cold_token(&self) -> Refused {
        let address = self.service.url.strip_prefix("http://").unwrap();
        Refused(auth(address, "repository:nowhere/app:pull", ""))
    }

    fn change(&self) -> Refused {
        let address = self.service.admin_url.strip_prefix("http://").unwrap();
        Refused(ask(
            address,
            "POST /api/v4/groups?name=x&path=x",
            &self.header,
        ))
    }
}

impl Refused {
    fn is_refused_after(&self, millis: u64) {
        let Outcome::Answered { status, took, .. } = self.0 else {
            panic!("{:?}", self.0)
        };
        assert_eq!(status, 503, "{:?}", self.0);
        is_about(took, millis);
    }
}

/// It took as long as the limit, and what a loaded machine needs beside.
fn is_about(took: Duration, millis: u64) {
    let least = Duration::from_millis(millis);
    let most = least + Duration::from_secs(1);
    assert!(took >= least && took < most, "{took:?} for {least:?}");
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}
