//! Clients that hang up in the middle of a change.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::Workplace;
use super::running::{send, start_with};
use crate::harness::named_database;

/// The clients that hang up, unless `TEST_HANG_UPS` says how many.
const HANG_UPS: usize = 300;
/// Changes that wait at a time: those that wait for two seconds are told to come back later, and loaded machines are slow.
const AT_A_TIME: usize = 8;

/// On SQLite, or on the empty database that `TEST_SERVICE_DATABASE_URL` names.
#[test]
#[expect(clippy::disallowed_methods, reason = "tests/run.sh says how often")]
fn a_change_is_made_although_its_client_hangs_up() {
    let database = named_database("TEST_SERVICE_DATABASE_URL")
        .map(|url| format!("[database]\nurl = \"{url}\"\n"))
        .unwrap_or_default();
    let hang_ups = std::env::var("TEST_HANG_UPS").map_or(HANG_UPS, |text| text.parse().unwrap());
    let workplace = Workplace::empty();
    let running = start_with(&workplace, "log", &database);
    let arguments = ["--user", "admin", "--name", "api", "--scope", "api"];
    let secret = workplace.ok(&[&["token", "create"], &arguments[..]].concat());
    let header = format!("private-token: {}\r\n", secret.trim());
    let create = |number: usize| format!("POST /api/v4/groups?name=g{number}&path=g{number}");

    let made = || workplace.json(&["group", "list"]).as_array().unwrap().len();
    // A client that hangs up before its request is read has not begun anything.
    let begun = || {
        let log = std::fs::read_to_string(workplace.path().join("log")).unwrap();
        log.matches("\"message\":\"POST /api/v4/groups ").count()
    };
    for number in 1..=hang_ups {
        let mut stream = TcpStream::connect(&running.admin).unwrap();
        let head = format!("{} HTTP/1.1\r\nhost: x\r\n{header}\r\n", create(number));
        stream.write_all(head.as_bytes()).unwrap();
        // At different moments of the change.
        let moment = u64::try_from(number % 50 + 1).unwrap();
        std::thread::sleep(Duration::from_micros(200 * moment));
        drop(stream);
        if number % AT_A_TIME == 0 && !within_seconds(|| made() == begun()) {
            let log = std::fs::read_to_string(workplace.path().join("log")).unwrap();
            let errors: Vec<&str> = log.lines().filter(|line| line.contains("ERROR")).collect();
            let (made, begun) = (made(), begun());
            panic!(
                "{made} of {begun} changes are made, the others are lost with their clients: {errors:?}"
            );
        }
    }
    assert!(begun() > hang_ups / 2, "{} requests began", begun());
    let reply = send(&running.admin, &create(0), &header);
    assert!(reply.starts_with("HTTP/1.1 201"), "{reply}");
}

/// True if the condition comes true soon.
fn within_seconds(condition: impl Fn() -> bool) -> bool {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(10) {
        if condition() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}
