//! A service that was started for real.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::Workplace;
use super::ports;

/// A running `wharfinger serve`; ends with the value.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) token: String,
    pub(crate) admin: String,
    pub(crate) ops: String,
}

/// An address on which nobody listens.
pub(crate) fn free_address() -> String {
    format!("127.0.0.1:{}", ports::free_port())
}

/// Starts the service, its log in a file of that name, and waits until it is ready.
pub(crate) fn start(workplace: &Workplace, log: &str) -> Running {
    start_with(workplace, log, "")
}

/// The same with more lines of configuration.
pub(crate) fn start_with(workplace: &Workplace, log: &str, more: &str) -> Running {
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
    let log = File::create(workplace.path().join(log)).unwrap();
    let mut running = spawn(workplace, "", log, more);
    running.becomes_ready().then_some(running)
}

/// Starts the service without waiting for it: after `before` in the shell, its log in `output`.
pub(crate) fn spawn(
    workplace: &Workplace,
    before: &str,
    output: impl Into<OwnedFd>,
    more: &str,
) -> Running {
    let (token, admin, ops) = (free_address(), free_address(), free_address());
    let url = |address: &str| address.replace("127.0.0.1", "http://localhost");
    let (token_url, admin_url) = (url(&token), url(&admin));
    let configuration = format!(
        "[token]\nlisten = \"{token}\"\npublic_url = \"{token_url}\"\n\
         [admin]\nlisten = \"{admin}\"\npublic_url = \"{admin_url}\"\n[ops]\nlisten = \"{ops}\"\n{more}"
    );
    std::fs::write(workplace.path().join("wharfinger.toml"), configuration).unwrap();
    Running {
        child: launch(workplace, before, output),
        token,
        admin,
        ops,
    }
}

/// Starts the service as it is configured in its folder.
pub(crate) fn launch(workplace: &Workplace, before: &str, output: impl Into<OwnedFd>) -> Child {
    let output = output.into();
    Command::new("sh")
        .args(["-c", &format!("{before}\nexec \"$0\"")])
        .arg(env!("CARGO_BIN_EXE_wharfinger"))
        .current_dir(workplace.path())
        .env_remove("WHARFINGER_CONFIG")
        .stdin(Stdio::null())
        .stdout(output.try_clone().unwrap())
        .stderr(output)
        .spawn()
        .unwrap()
}

impl Running {
    /// Waits until it is ready; false if it ended before.
    pub(crate) fn becomes_ready(&mut self) -> bool {
        let begin = Instant::now();
        while !try_to_send(&self.ops, "GET /readyz", "")
            .is_ok_and(|reply| reply.starts_with("HTTP/1.1 200"))
        {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            assert!(
                begin.elapsed() < Duration::from_mins(1),
                "the service does not become ready"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        true
    }

    /// Sends SIGTERM, and gives the exit status and how long it took.
    pub(crate) fn stop(&mut self) -> (Option<i32>, Duration) {
        let begin = Instant::now();
        self.signal("-TERM");
        while begin.elapsed() < Duration::from_secs(30) {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status.code(), begin.elapsed());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the service does not stop");
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([name, &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// What the token listener answers, head and body.
    pub(crate) fn get(&self, path: &str) -> String {
        self.get_with(path, "")
    }

    /// The same for a request with more lines in its head.
    pub(crate) fn get_with(&self, path: &str, headers: &str) -> String {
        send(&self.token, &format!("GET {path}"), headers)
    }
}

/// What a listener answers to a request, whose head is the method and path and more lines.
pub(crate) fn send(address: &str, request: &str, more: &str) -> String {
    try_to_send(address, request, more).unwrap()
}

/// The same, if the connection stands it.
pub(crate) fn try_to_send(address: &str, request: &str, more: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_mins(1)))?;
    let head = format!("{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{more}\r\n");
    stream.write_all(head.as_bytes())?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

/// Waits until it is so, which must not take longer than that.
pub(crate) fn within(limit: Duration, what: &str, mut is_so: impl FnMut() -> bool) {
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
