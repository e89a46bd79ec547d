//! A service that was started for real.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::Workplace;

/// A running `wharfinger serve`; ends with the value.
pub(super) struct Running {
    pub(super) child: Child,
    pub(super) token: String,
    pub(super) admin: String,
}

pub(super) fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string()
}

/// Starts the service, its log in a file of that name, and waits until it is ready.
pub(super) fn start(workplace: &Workplace, log: &str) -> Running {
    start_with(workplace, log, "")
}

/// The same with more lines of configuration.
pub(super) fn start_with(workplace: &Workplace, log: &str, more: &str) -> Running {
    // A port that was free a moment ago may be another test's by now.
    for _ in 0..5 {
        if let Some(running) = try_to_start(workplace, log, more) {
            return running;
        }
    }
    let said = std::fs::read_to_string(workplace.path().join(log)).unwrap();
    panic!("the service does not start: {said}");
}

/// None if it ended before it was ready.
fn try_to_start(workplace: &Workplace, log: &str, more: &str) -> Option<Running> {
    let (token, admin, ops) = (free_address(), free_address(), free_address());
    let log = File::create(workplace.path().join(log)).unwrap();
    let configuration = format!(
        "[token]\nlisten = \"{token}\"\npublic_url = \"http://{token}\"\n[admin]\nlisten = \"{admin}\"\n[ops]\nlisten = \"{ops}\"\n{more}"
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
    let mut running = Running {
        child,
        token,
        admin,
    };
    let begin = Instant::now();
    while !workplace.run(&["health"]).status.success() {
        if running.child.try_wait().unwrap().is_some() {
            return None;
        }
        assert!(
            begin.elapsed() < Duration::from_mins(1),
            "the service does not become ready"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    Some(running)
}

impl Running {
    pub(super) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([name, &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// What the token listener answers, head and body.
    pub(super) fn get(&self, path: &str) -> String {
        self.get_with(path, "")
    }

    /// The same for a request with more lines in its head.
    pub(super) fn get_with(&self, path: &str, headers: &str) -> String {
        send(&self.token, &format!("GET {path}"), headers)
    }
}

/// What a listener answers to a request, whose head is the method and path and more lines.
pub(super) fn send(address: &str, request: &str, more: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!("{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{more}\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// Waits until it is so, which must not take longer than that.
pub(super) fn within(limit: Duration, what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < limit, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
