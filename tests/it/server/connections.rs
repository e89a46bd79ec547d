//! Clients that take more than their share.

use std::fs::File;
use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use super::{ask, connect_from, connect_with, metric, wait_until};
use crate::cli::Workplace;
use crate::cli::running::{Running, spawn};

const AUTH: &str = "/jwt/auth?service=container_registry";

/// A service that may open only so many files.
fn start_with_files(workplace: &Workplace, files: u32, more: &str) -> Running {
    let log = File::create(workplace.path().join("log")).unwrap();
    let mut running = spawn(workplace, &format!("ulimit -n {files}"), log, more);
    assert!(running.becomes_ready());
    running
}

fn log(workplace: &Workplace) -> String {
    std::fs::read_to_string(workplace.path().join("log")).unwrap()
}

#[test]
fn clients_that_pipeline_and_never_read_take_no_listener_down() {
    let workplace = Workplace::empty();
    let running = start_with_files(&workplace, 256, "[connections]\nwrite_timeout = \"2s\"\n");
    let requests = "GET /.well-known/jwks.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(500);
    let mut deaf = Vec::new();
    for listener in [&running.token, &running.admin, &running.ops] {
        for _ in 0..150 {
            let mut stream = connect_with("127.0.0.1", listener, 2048);
            stream.set_nonblocking(true).unwrap();
            let _ = stream.write(requests.as_bytes());
            deaf.push(stream);
        }
    }
    let quick = Duration::from_secs(2);
    for listener in [&running.token, &running.admin, &running.ops] {
        let (status, took) = ask(connect_from("127.0.0.2", listener), "/livez");
        assert!(status == 200 && took < quick, "{status} after {took:?}");
    }
    let (status, took) = ask(connect_from("127.0.0.2", &running.token), AUTH);
    assert!(status == 200 && took < quick, "{status} after {took:?}");
    // Those who take nothing are given up, and their address has its share again.
    wait_until("the deaf are gone", || {
        ask(connect_from("127.0.0.1", &running.token), "/livez").0 == 200
    });
    let told = log(&workplace);
    assert!(
        told.contains("the process may open 256 files: at most")
            && told.contains(" of one address"),
        "{told}"
    );
    assert!(
        told.contains("127.0.0.1 has") && told.contains("token.trusted_proxies"),
        "{told}"
    );
    drop(deaf);
}

#[test]
fn with_few_files_every_request_is_answered() {
    let workplace = Workplace::empty();
    let running = start_with_files(&workplace, 200, "");
    // Idle connections from many addresses have all places of the token listener.
    let mut idle = Vec::new();
    for number in 10..60 {
        for _ in 0..4 {
            let mut stream = connect_from(&format!("127.0.0.{number}"), &running.token);
            let _ = stream.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n");
            idle.push(stream);
        }
    }
    let ask_often = |number: u32| {
        let (from, token) = (format!("127.0.1.{number}"), running.token.clone());
        std::thread::spawn(move || {
            let ask = |_| ask(connect_from(&from, &token), AUTH).0;
            (0..20).map(ask).collect::<Vec<u16>>()
        })
    };
    let asking: Vec<_> = (1..=20).map(ask_often).collect();
    for statuses in asking {
        assert_eq!(statuses.join().unwrap(), [200; 20]);
    }
    assert_eq!(
        ask(TcpStream::connect(&running.ops).unwrap(), "/readyz").0,
        200
    );
}

#[test]
fn a_limit_on_files_that_is_too_low_is_said() {
    let workplace = Workplace::empty();
    let log_file = File::create(workplace.path().join("log")).unwrap();
    let mut running = spawn(&workplace, "ulimit -n 64", log_file, "");
    assert!(!running.becomes_ready());
    let told = log(&workplace);
    assert!(
        told.contains("the process may open 64 files, and needs 128 at least"),
        "{told}"
    );
}

#[test]
fn a_low_soft_limit_is_raised() {
    let workplace = Workplace::empty();
    let log_file = File::create(workplace.path().join("log")).unwrap();
    let mut running = spawn(&workplace, "ulimit -S -n 100", log_file, "");
    assert!(running.becomes_ready());
    let files = limit(&running, "Max open files");
    assert!(!files.contains(" 100 "), "{files}");
}

fn limit(running: &Running, name: &str) -> String {
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", running.child.id())).unwrap();
    let line = limits.lines().find(|line| line.starts_with(name));
    line.unwrap().to_owned()
}

/// A core dump would have keys and passwords in it.
#[test]
fn no_core_is_dumped() {
    let workplace = Workplace::empty();
    let log_file = File::create(workplace.path().join("log")).unwrap();
    let mut running = spawn(&workplace, "ulimit -S -c $(ulimit -H -c)", log_file, "");
    assert!(running.becomes_ready());
    let core = limit(&running, "Max core file size");
    let words: Vec<&str> = core.split_whitespace().collect();
    assert_eq!(words, ["Max", "core", "file", "size", "0", "0", "bytes"]);
}

/// 300 clients with long headers that never end took 96 MB.
#[test]
fn headers_that_never_end_cost_little_memory_and_end_with_the_time_for_headers() {
    let workplace = Workplace::empty();
    let log_file = File::create(workplace.path().join("log")).unwrap();
    let more = "[connections]\nheader_timeout = \"5s\"\n";
    let mut running = spawn(&workplace, "", log_file, more);
    assert!(running.becomes_ready());
    let before = resident_kib(&running);
    let head = format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}", "y".repeat(24_000));
    let mut slow = Vec::new();
    for _ in 0..300 {
        let mut stream = connect_from("127.0.0.1", &running.token);
        stream.write_all(head.as_bytes()).unwrap();
        slow.push(stream);
    }
    wait_until("all are there", || {
        metric(&running, "wharfinger_connections{listener=\"token\"}") >= 300
    });
    let grown = resident_kib(&running).saturating_sub(before);
    assert!(grown < 30_000, "{grown} KiB");
    wait_until("they are gone", || {
        metric(&running, "wharfinger_connections{listener=\"token\"}") == 0
    });
}

fn resident_kib(running: &Running) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", running.child.id())).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
