//! Starts that wait, and stops that must end.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sea_orm::{ConnectionTrait, DatabaseConnection};
use tokio::runtime::Runtime;

use super::{ask, wait_until};
use crate::cli::Workplace;
use crate::cli::running::{Running, send, spawn, start_with};

fn log(workplace: &Workplace) -> String {
    std::fs::read_to_string(workplace.path().join("log")).unwrap()
}

fn lives(running: &Running) {
    for listener in [&running.token, &running.admin, &running.ops] {
        wait_until("it lives", || {
            TcpStream::connect(listener).is_ok_and(|stream| ask(stream, "/livez").0 == 200)
        });
    }
}

/// A start that waits for another one, which is making keys and takes its time: until the lock is dropped.
fn start_behind_another(workplace: &Workplace) -> (File, Running) {
    let keys = workplace.path().join("keys");
    std::fs::create_dir_all(&keys).unwrap();
    let lock = File::create(keys.join(".lock")).unwrap();
    lock.lock().unwrap();
    let log_file = File::create(workplace.path().join("log")).unwrap();
    let running = spawn(workplace, "", log_file, "");
    lives(&running);
    (lock, running)
}

#[test]
fn a_start_that_waits_lives_is_not_ready_and_can_be_stopped() {
    let workplace = Workplace::migrated();
    let (_lock, mut running) = start_behind_another(&workplace);
    for (listener, path) in [
        (&running.token, "/readyz"),
        (&running.token, "/jwt/auth?service=container_registry"),
        (&running.admin, "/api/v4/user"),
        (&running.ops, "/readyz"),
        (&running.ops, "/readyz/pulls"),
    ] {
        let reply = send(listener, &format!("GET {path}"), "");
        assert!(
            reply.starts_with("HTTP/1.1 503") && reply.contains("retry-after: 5"),
            "{reply}"
        );
    }
    for request in ["GET /readyz", "GET /readyz/pulls"] {
        let told = send(&running.ops, request, "");
        assert!(told.contains("\"storage\":\"not open yet\""), "{told}");
    }
    let (status, took) = running.stop();
    assert_eq!(status, Some(0));
    assert!(took < Duration::from_secs(3), "{took:?}");
    let told = log(&workplace);
    assert!(
        told.contains("stopped before the service was ready"),
        "{told}"
    );
}

#[test]
fn a_start_that_waited_becomes_ready() {
    let workplace = Workplace::migrated();
    let (lock, mut running) = start_behind_another(&workplace);
    drop(lock);
    assert!(running.becomes_ready());
    assert!(
        running
            .get("/jwt/auth?service=container_registry")
            .starts_with("HTTP/1.1 200")
    );
}

/// Whatever hangs, the process ends with the grace.
#[test]
fn a_stop_ends_with_its_grace() {
    let workplace = Workplace::migrated();
    let more = "[shutdown]\ndelay = \"500ms\"\ngrace = \"2s\"\n";
    let mut running = start_with(&workplace, "log", more);
    let token = api_token(&workplace);
    // A change waits for the database.
    let database = held(&workplace);
    let stream = |text: String| {
        let mut stream = TcpStream::connect(&running.admin).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        stream
    };
    let change = change(&token);
    let _waiting = stream(change);
    let _dripping = stream("POST /api/v4/groups HTTP/1.1\r\nhost: x\r\n".to_owned());
    let _idle = stream("GET /livez HTTP/1.1\r\nhost: x\r\n\r\n".to_owned());
    let _silent = stream(String::new());
    std::thread::sleep(Duration::from_millis(300));
    let (status, took) = running.stop();
    assert_eq!(status, Some(0));
    let (least, most) = (Duration::from_millis(1400), Duration::from_millis(2900));
    assert!(took > least && took < most, "{took:?}");
    let told = log(&workplace);
    assert!(
        told.contains("did not finish in time and were cut off"),
        "{told}"
    );
    assert!(told.contains("cut off before the reply"), "{told}");
    drop(database);
}

/// The token of an administrator.
fn api_token(workplace: &Workplace) -> String {
    workplace.ok(&["user", "create", "root", "--admin"]);
    let arguments = [
        "token", "create", "--user", "root", "--name", "x", "--scope", "api",
    ];
    workplace.ok(&arguments).trim().to_owned()
}

/// A change with that token.
fn change(token: &str) -> String {
    format!(
        "POST /api/v4/groups?name=x&path=x HTTP/1.1\r\nhost: x\r\nprivate-token: {token}\r\ncontent-length: 0\r\n\r\n"
    )
}

/// The header of somebody with a token for pulls.
fn login(workplace: &Workplace) -> String {
    workplace.ok(&["user", "create", "ci"]);
    let create = "token create --user ci --name x --scope read_registry";
    let token = workplace.ok(&create.split(' ').collect::<Vec<_>>());
    let basic = STANDARD.encode(format!("ci:{}", token.trim()));
    format!("authorization: Basic {basic}\r\n")
}

/// Stops a service by two signals.
fn ends_at_once(running: &mut Running, workplace: &Workplace) {
    running.signal("-TERM");
    wait_until("it stops", || log(workplace).contains("stopping"));
    let (status, took) = running.stop();
    assert_eq!(status, Some(0));
    assert!(took < Duration::from_millis(2500), "{took:?}");
}

/// The database, which somebody has for themselves until it is dropped.
fn held(workplace: &Workplace) -> (Runtime, DatabaseConnection) {
    let runtime = Runtime::new().unwrap();
    let database = format!("sqlite://{}/data/wharfinger.db", workplace.path().display());
    let connection = runtime.block_on(async {
        let connection = sea_orm::Database::connect(database).await.unwrap();
        let begin = "BEGIN IMMEDIATE";
        connection.execute_unprepared(begin).await.unwrap();
        connection
    });
    (runtime, connection)
}

/// A change that waits for the database ignores the hard stop, and what is left to write waits for it too.
#[test]
fn a_second_signal_ends_a_stop_that_the_database_holds_up() {
    let workplace = Workplace::migrated();
    let more = "[shutdown]\ndelay = \"0s\"\ngrace = \"25s\"\n";
    let mut running = start_with(&workplace, "log", more);
    let token = api_token(&workplace);
    let database = held(&workplace);
    let mut stream = TcpStream::connect(&running.admin).unwrap();
    let change = change(&token);
    stream.write_all(change.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    ends_at_once(&mut running, &workplace);
    drop(database);
}

/// Nothing is in flight, and the use of a token waits to be written down.
#[test]
fn a_second_signal_ends_a_stop_that_waits_for_the_last_uses() {
    let workplace = Workplace::migrated();
    let login = login(&workplace);
    let more = "[shutdown]\ndelay = \"0s\"\ngrace = \"25s\"\n";
    let mut running = start_with(&workplace, "log", more);
    let database = held(&workplace);
    let reply = running.get_with("/jwt/auth?service=container_registry", &login);
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    ends_at_once(&mut running, &workplace);
    drop(database);
}

/// A closed terminal sends SIGHUP, which would end a process at once; `nohup` is for those who want it to stay.
#[test]
fn a_closed_terminal_stops_it_cleanly_unless_it_ignores_that() {
    let workplace = Workplace::migrated();
    let more = "[shutdown]\ndelay = \"3s\"\n";
    let file = File::create(workplace.path().join("log")).unwrap();
    // The tests themselves may have been started where it is ignored.
    let before = "exec env --default-signal=HUP \"$0\"";
    let mut running = spawn(&workplace, before, file, more);
    assert!(running.becomes_ready());
    // A shell and the system send one each.
    running.signal("-HUP");
    wait_until("it stops", || log(&workplace).contains("stopping"));
    running.signal("-HUP");
    let begin = Instant::now();
    wait_until("it has ended", || {
        running.child.try_wait().unwrap().is_some()
    });
    assert!(
        begin.elapsed() > Duration::from_secs(1),
        "it is not told again"
    );
    assert!(running.child.wait().unwrap().success());
    let told = log(&workplace);
    assert!(told.contains("\"message\":\"stopped\""), "{told}");

    let file = File::create(workplace.path().join("log")).unwrap();
    let mut running = spawn(&workplace, "trap '' HUP", file, more);
    assert!(running.becomes_ready());
    running.signal("-HUP");
    std::thread::sleep(Duration::from_millis(300));
    lives(&running);
    let told = log(&workplace);
    assert!(!told.contains("stopping"), "{told}");
    assert_eq!(running.stop().0, Some(0));
}

/// nginx stops in good order by SIGQUIT, and opens its log files anew by SIGUSR1; whoever comes from there finds nothing worse.
#[test]
fn signals_of_other_services_end_no_request() {
    let workplace = Workplace::migrated();
    let mut running = start_with(&workplace, "log", "[shutdown]\ndelay = \"2s\"\n");
    for name in ["-USR1", "-USR2"] {
        running.signal(name);
        let text = format!("SIG{} changes nothing here", &name[1..]);
        wait_until("it is told", || log(&workplace).contains(&text));
    }
    lives(&running);
    running.signal("-QUIT");
    wait_until("it stops", || log(&workplace).contains("stopping"));
    running.signal("-USR1");
    let reply = running.get("/jwt/auth?service=container_registry");
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    wait_until("it has ended", || {
        running.child.try_wait().unwrap().is_some()
    });
    assert!(running.child.wait().unwrap().success());
    let told = log(&workplace);
    assert!(told.contains("\"message\":\"stopped\""), "{told}");
}

/// An address is new once the use from it is written down, which a stop does last.
#[test]
fn a_stop_observes_new_addresses_of_its_last_uses() {
    let workplace = Workplace::migrated();
    let login = login(&workplace);
    let before = "export WHARFINGER_TOKEN__TRUSTED_PROXIES=127.0.0.1";
    let file = File::create(workplace.path().join("log")).unwrap();
    let mut running = spawn(&workplace, before, file, "[shutdown]\ndelay = \"0s\"\n");
    assert!(running.becomes_ready());
    let pull = |address: &str| {
        let headers = format!("{login}x-forwarded-for: {address}\r\n");
        let reply = running.get_with("/jwt/auth?service=container_registry", &headers);
        assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    };
    pull("203.0.113.1");
    wait_until("the first use is written down", || {
        workplace
            .ok(&["token", "show", "1", "--json"])
            .contains("203.0.113.1")
    });
    pull("203.0.113.2");
    // The second one waits, because the first is not a minute old.
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(running.stop().0, Some(0));
    let shown = workplace.ok(&["token", "show", "1", "--json"]);
    assert!(shown.contains("203.0.113.2"), "{shown}");
    let action = "access_token.used_from_new_address";
    let events = workplace.ok(&["audit", "list", "--action", action]);
    assert!(events.contains("203.0.113.2"), "{events}");
}

#[test]
fn a_second_signal_ends_a_stop_at_once() {
    let workplace = Workplace::migrated();
    let more = "[shutdown]\ndelay = \"20s\"\ngrace = \"25s\"\n";
    let mut running = start_with(&workplace, "log", more);
    running.signal("-TERM");
    std::thread::sleep(Duration::from_millis(200));
    let reply = send(&running.ops, "GET /readyz", "");
    assert!(reply.starts_with("HTTP/1.1 503"), "{reply}");
    assert!(
        running
            .get("/jwt/auth?service=container_registry")
            .starts_with("HTTP/1.1 200")
    );
    let (status, took) = running.stop();
    assert_eq!(status, Some(0));
    assert!(took < Duration::from_secs(5), "{took:?}");
}

/// Clients such as docker open a connection for each request. One that the system has accepted is answered;
/// after that, connections are refused, which says that nothing was begun.
#[test]
fn stops_under_load_reset_no_connection() {
    let workplace = Workplace::migrated();
    let (mut answered, mut broken) = (0, Vec::new());
    for _ in 0..4 {
        let more = "[shutdown]\ndelay = \"200ms\"\n";
        let mut running = start_with(&workplace, "log", more);
        let over = Arc::new(AtomicBool::new(false));
        let clients: Vec<_> = (0..8)
            .map(|number| {
                let (over, token) = (Arc::clone(&over), running.token.clone());
                let connect = move || TcpStream::connect(&token);
                std::thread::spawn(move || keep_asking(connect, number % 2 == 0, &over))
            })
            .collect();
        std::thread::sleep(Duration::from_millis(500));
        assert_eq!(running.stop().0, Some(0));
        over.store(true, Ordering::SeqCst);
        for client in clients {
            let (good, bad) = client.join().unwrap();
            answered += good;
            broken.extend(bad);
        }
    }
    assert!(answered > 500, "{answered}");
    assert_eq!(broken, Vec::<String>::new());
}

/// Asks until nothing listens any more, on a new connection each time or on one that is kept; gives how often that
/// went well, and what else happened.
pub(super) fn keep_asking<S: Read + Write>(
    connect: impl Fn() -> std::io::Result<S>,
    is_kept: bool,
    over: &AtomicBool,
) -> (u32, Vec<String>) {
    let (mut good, mut bad) = (0, Vec::new());
    let mut kept: Option<S> = None;
    let close = if is_kept { "" } else { "connection: close\r\n" };
    let request =
        format!("GET /jwt/auth?service=container_registry HTTP/1.1\r\nhost: x\r\n{close}\r\n");
    while !over.load(Ordering::SeqCst) {
        let stream = kept.take().map_or_else(&connect, Ok);
        let Ok(mut stream) = stream else {
            // Refused: nothing was begun.
            std::thread::sleep(Duration::from_millis(5));
            continue;
        };
        let reply = stream
            .write_all(request.as_bytes())
            .and_then(|()| one_reply(&mut stream));
        match reply {
            Ok(reply) if reply.starts_with("HTTP/1.1 200") => {
                good += 1;
                if is_kept && !reply.contains("connection: close") {
                    kept = Some(stream);
                }
            }
            Ok(reply) => bad.push(reply),
            Err(error) => bad.push(error.to_string()),
        }
    }
    (good, bad)
}

/// Reads one reply, whose length is said.
pub(super) fn one_reply(stream: &mut impl Read) -> std::io::Result<String> {
    let mut text = Vec::new();
    loop {
        let mut part = [0; 4096];
        let count = stream.read(&mut part)?;
        text.extend_from_slice(&part[..count]);
        let read = String::from_utf8_lossy(&text).into_owned();
        let whole = read.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            length.is_some_and(|length| length.parse() == Ok(body.len()))
        });
        if whole || count == 0 {
            return Ok(read);
        }
    }
}

#[test]
fn a_clean_stop_is_quick_and_says_so() {
    let workplace = Workplace::migrated();
    let mut running = start_with(&workplace, "log", "[shutdown]\ndelay = \"0s\"\n");
    let begin = Instant::now();
    let (status, _) = running.stop();
    assert_eq!(status, Some(0));
    assert!(begin.elapsed() < Duration::from_secs(3));
    let told = log(&workplace);
    assert!(told.contains("\"message\":\"stopped\""), "{told}");
    // Nobody is left.
    let alive = Command::new("kill")
        .args(["-0", &running.child.id().to_string()])
        .status();
    assert!(alive.is_ok());
}
