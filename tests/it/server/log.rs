//! A log that cannot be written.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use super::{ask, metric, wait_until};
use crate::cli::Workplace;
use crate::cli::running::{Running, spawn, within};

const LOST: &str = "wharfinger_log_lines_lost_total";
const AUTH: &str = "/jwt/auth?service=container_registry";

/// Asks so often that the pipe and the queue are full.
fn fill(running: &Running, requests: usize) {
    let mut stream = TcpStream::connect(&running.token).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let mut reading = stream.try_clone().unwrap();
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        reading.read_to_string(&mut text).unwrap();
        text.matches("HTTP/1.1 200").count()
    });
    let request = "GET /.well-known/jwks.json HTTP/1.1\r\nhost: x\r\n";
    for _ in 1..requests {
        stream
            .write_all(format!("{request}\r\n").as_bytes())
            .unwrap();
    }
    stream
        .write_all(format!("{request}connection: close\r\n\r\n").as_bytes())
        .unwrap();
    assert_eq!(reader.join().unwrap(), requests);
}

#[test]
fn a_log_on_a_full_disk_stops_nothing() {
    let workplace = Workplace::empty();
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut running = spawn(&workplace, "", full, "");
    assert!(running.becomes_ready());
    for listener in [&running.token, &running.admin, &running.ops] {
        assert_eq!(ask(TcpStream::connect(listener).unwrap(), "/livez").0, 200);
    }
    for _ in 0..20 {
        assert_eq!(
            ask(TcpStream::connect(&running.token).unwrap(), AUTH).0,
            200
        );
    }
    // They are gathered for a moment before anybody tries to write them.
    wait_until("the loss is counted", || metric(&running, LOST) >= 20);
    assert_eq!(running.stop().0, Some(0));
}

#[test]
fn a_pipe_that_nobody_reads_stops_nothing_and_the_loss_is_said_when_somebody_does() {
    let workplace = Workplace::empty();
    let (mut reader, writer) = std::io::pipe().unwrap();
    let mut running = spawn(&workplace, "", writer, "");
    assert!(running.becomes_ready());
    fill(&running, 6000);
    let lost = metric(&running, LOST);
    assert!(lost > 100, "{lost}");
    for listener in [&running.token, &running.admin, &running.ops] {
        let (status, took) = ask(TcpStream::connect(listener).unwrap(), "/livez");
        assert!(status == 200 && took < Duration::from_secs(1), "{took:?}");
    }
    // Somebody reads: what waited is there, whole lines, and then how much is missing.
    let reading = std::thread::spawn(move || {
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        text
    });
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(running.stop().0, Some(0));
    drop(running);
    let text = reading.join().unwrap();
    let lines: Vec<serde_json::Value> = text
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let told = lines.iter().find(|line| line["lines"].is_u64()).unwrap();
    assert_eq!(told["lines"].as_u64().unwrap(), lost);
    assert_eq!(lines.last().unwrap()["message"], "stopped");
}

#[test]
fn a_stop_does_not_wait_for_a_pipe_that_nobody_reads() {
    let workplace = Workplace::empty();
    let (_reader, writer) = std::io::pipe().unwrap();
    let more = "[shutdown]\ndelay = \"0s\"\n";
    let mut running = spawn(&workplace, "", writer, more);
    assert!(running.becomes_ready());
    fill(&running, 500);
    let (status, took) = running.stop();
    assert_eq!(status, Some(0));
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn a_start_that_fails_ends_although_nobody_reads_why() {
    /// Linux's size of a pipe.
    const PIPE: usize = 65_536;
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap();
    for before in [
        "export WHARFINGER_TOKEN__NONSENSE=1".to_owned(),
        "export WHARFINGER_DATABASE__URL=sqlite:///proc/no/such.db".to_owned(),
        format!("export WHARFINGER_TOKEN__LISTEN={taken}"),
    ] {
        let workplace = Workplace::empty();
        let (_reader, mut writer) = std::io::pipe().unwrap();
        writer.write_all(&vec![b'x'; PIPE]).unwrap();
        let mut running = spawn(&workplace, &before, writer, "");
        let mut ended = None;
        within(Duration::from_secs(15), &before, || {
            ended = running.child.try_wait().unwrap();
            ended.is_some()
        });
        assert_eq!(ended.unwrap().code(), Some(1), "{before}");
    }
}

#[test]
fn a_log_that_is_closed_stops_nothing() {
    let workplace = Workplace::empty();
    let nowhere = File::create("/dev/null").unwrap();
    let mut running = spawn(&workplace, "exec >&- 2>&-", nowhere, "");
    assert!(running.becomes_ready());
    assert_eq!(
        ask(TcpStream::connect(&running.token).unwrap(), AUTH).0,
        200
    );
    assert_eq!(running.stop().0, Some(0));
}

/// Programs that keep old logs copy the file and cut it off.
#[test]
fn a_log_that_is_cut_off_goes_on_at_its_end() {
    let workplace = Workplace::empty();
    let log = workplace.path().join("log");
    let mut running = spawn(&workplace, "", File::create(&log).unwrap(), "");
    assert!(running.becomes_ready());
    assert_eq!(
        ask(TcpStream::connect(&running.token).unwrap(), AUTH).0,
        200
    );
    let length = || std::fs::metadata(&log).unwrap().len();
    wait_until("the request is logged", || {
        std::fs::read_to_string(&log).unwrap().contains("/jwt/auth")
    });
    OpenOptions::new()
        .write(true)
        .truncate(true)
        .open(&log)
        .unwrap();
    assert_eq!(
        ask(TcpStream::connect(&running.token).unwrap(), AUTH).0,
        200
    );
    wait_until("the next one is logged", || length() > 0);
    assert!(std::fs::read(&log).unwrap().starts_with(b"{"));
    assert_eq!(running.stop().0, Some(0));
}
