//! `wharfinger serve`, started for real.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::Workplace;

struct Running {
    child: Child,
    token: String,
}

fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string()
}

/// Starts the service, its log in a file of that name, and waits until it is ready.
fn start(workplace: &Workplace, log: &str) -> Running {
    let (token, ops) = (free_address(), free_address());
    let log = File::create(workplace.path().join(log)).unwrap();
    let configuration = format!(
        "[token]\nlisten = \"{token}\"\npublic_url = \"http://{token}\"\n[ops]\nlisten = \"{ops}\"\n"
    );
    std::fs::write(workplace.path().join("wharfinger.toml"), configuration).unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_wharfinger"))
        .current_dir(workplace.path())
        .env_remove("WHARFINGER_CONFIG")
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap();
    let running = Running { child, token };
    let begin = Instant::now();
    while !workplace.run(&["health"]).status.success() {
        assert!(
            begin.elapsed() < Duration::from_secs(20),
            "the service does not become ready"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    running
}

impl Running {
    fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([name, &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.token).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn log(workplace: &Workplace, name: &str) -> String {
    std::fs::read_to_string(workplace.path().join(name)).unwrap()
}

#[test]
fn the_first_start_says_what_to_do_next_and_the_second_only_where_it_listens() {
    let workplace = Workplace::empty();
    let mut first = start(&workplace, "first.log");
    let said = log(&workplace, "first.log");
    for hint in [
        "wharfinger user reset-password admin",
        "wharfinger registry config --for distribution",
        "wharfinger user create",
        "wharfinger project create",
        "wharfinger token create",
        "docker login",
    ] {
        assert!(said.contains(hint), "{hint} in {said}");
    }
    assert!(
        workplace
            .ok(&["registry", "config"])
            .starts_with("auth:\n  token:\n    realm: \"http://127.0.0.1:")
    );
    assert!(
        workplace
            .ok(&["keys", "ca"])
            .starts_with("-----BEGIN CERTIFICATE-----")
    );
    assert_eq!(workplace.json(&["keys", "list"])[0]["state"], "active");
    assert!(workplace.ok(&["keys", "jwks"]).contains("\"kty\": \"EC\""));
    assert_eq!(
        workplace.ok(&["user", "list"]),
        "admin\tactive\t-\tadministrator\n"
    );
    first.signal("-TERM");
    assert_eq!(first.child.wait().unwrap().code(), Some(0));
    workplace.fails(1, &["health"]);

    let mut second = start(&workplace, "second.log");
    second.signal("-INT");
    assert_eq!(second.child.wait().unwrap().code(), Some(0));
    let said = log(&workplace, "second.log");
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| !line.contains("/readyz"))
        .collect();
    assert_eq!(lines.len(), 3, "{said}");
    assert!(
        lines[0].contains("listening on")
            && lines[1].contains("stopping")
            && lines[2].contains("stopped")
    );
}

#[test]
fn every_request_has_one_line_of_json_without_its_query() {
    let workplace = Workplace::empty();
    let running = start(&workplace, "log");
    let reply = running.get("/jwt/auth?service=container_registry&account=geheim");
    assert!(reply.starts_with("HTTP/1.1 200"));
    let id = reply
        .lines()
        .find_map(|line| line.strip_prefix("x-request-id: "))
        .unwrap();
    let said = log(&workplace, "log");
    let lines: Vec<&str> = said.lines().filter(|line| line.contains(id)).collect();
    assert_eq!(lines.len(), 1, "{said}");
    let line: serde_json::Value = serde_json::from_str(lines[0]).unwrap();
    assert_eq!(line["http.route"], "/jwt/auth");
    assert_eq!(line["http.status"], 200);
    assert_eq!(line["who"], "anonymous");
    assert_eq!(line["client.address"], "127.0.0.1");
    assert!(line["duration_us"].is_number(), "{line}");
    assert!(!said.contains("geheim"));
}

#[test]
fn a_port_that_is_taken_stops_the_start_before_anything_is_made() {
    let workplace = Workplace::empty();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = workplace
        .command(&["serve"])
        .env("WHARFINGER_TOKEN__LISTEN", &address)
        .output()
        .unwrap();
    let told = super::stderr(&output);
    assert!(
        told.contains("is the service running already? else choose another port"),
        "{told}"
    );
    assert_eq!(std::fs::read_dir(workplace.path()).unwrap().count(), 0);
}
