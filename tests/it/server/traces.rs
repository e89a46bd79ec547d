//! Traces, and the collector that takes them or does not.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use super::wait_until;
use crate::cli::Workplace;
use crate::cli::running::{free_address, send, start_with};

/// A collector that keeps what it is sent.
struct Collector {
    address: String,
    sent: Arc<Mutex<Vec<u8>>>,
}

impl Collector {
    fn start(address: &str) -> Self {
        Self::answering(address, "HTTP/1.1 200 OK")
    }

    /// A collector whose replies begin like that.
    fn answering(address: &str, begin: &str) -> Self {
        let reply = format!("{begin}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let sent: Arc<Mutex<Vec<u8>>> = Arc::default();
        let keeping = Arc::clone(&sent);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, mut request) = (stream.unwrap(), Vec::new());
                let mut part = [0; 4096];
                while !is_whole(&request) {
                    let count = stream.read(&mut part).unwrap_or(0);
                    if count == 0 {
                        break;
                    }
                    request.extend_from_slice(&part[..count]);
                }
                let _ = stream.write_all(reply.as_bytes());
                keeping.lock().unwrap().extend(request);
            }
        });
        Self { address, sent }
    }

    fn has(&self, text: &str) -> bool {
        self.count(text) > 0
    }

    fn count(&self, text: &str) -> usize {
        let sent = self.sent.lock().unwrap();
        let parts = sent.windows(text.len());
        parts.filter(|part| *part == text.as_bytes()).count()
    }
}

/// True for a request with the whole of its body.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, _)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.unwrap_or("0").parse().unwrap();
    request.len() >= head.len() + 4 + length
}

fn configuration(address: &str) -> String {
    format!("[traces]\nendpoint = \"http://{address}/v1/traces\"\n")
}

#[test]
fn a_collector_gets_each_request_with_its_parts_and_no_secret() {
    let collector = Collector::start("127.0.0.1:0");
    let workplace = Workplace::migrated();
    let mut running = start_with(&workplace, "log", &configuration(&collector.address));
    workplace.ok(&["user", "create", "root", "--admin"]);
    let create = [
        "token", "create", "--user", "root", "--name", "x", "--scope", "api",
    ];
    let token = workplace.ok(&create);
    let header = format!("private-token: {}\r\n", token.trim());
    send(&running.admin, "GET /api/v4/user?secret-query=1", &header);
    running.get("/jwt/auth?service=container_registry&scope=repository:secret/path:pull");
    // A stop sends what is left.
    assert_eq!(running.stop().0, Some(0));
    for text in [
        "POST /v1/traces",
        "application/x-protobuf",
        "wharfinger",
        "GET /jwt/auth",
        "GET /api/v4/user",
        "app.issue_registry_token",
        "http.response.status_code",
    ] {
        assert!(collector.has(text), "{text}");
    }
    for secret in [token.trim(), "secret-query", "secret/path"] {
        assert!(!collector.has(secret), "{secret}");
    }
}

/// The changes that are traced: enough to lose the span of one, if any can be lost.
const SPANS: usize = 100;

/// Background tasks do something each second, and people are named in the addresses and parameters of the admin API.
#[test]
fn a_collector_gets_no_traces_but_those_of_requests_and_no_names_of_people() {
    let collector = Collector::start("127.0.0.1:0");
    let workplace = Workplace::migrated();
    let mut running = start_with(&workplace, "log", &configuration(&collector.address));
    workplace.ok(&["user", "create", "root", "--admin"]);
    workplace.ok(&["user", "create", "zacharias"]);
    let user = workplace.json(&["user", "show", "zacharias"])["id"].clone();
    workplace.ok(&["group", "create", "grotto"]);
    let create = [
        "token", "create", "--user", "root", "--name", "x", "--scope", "api",
    ];
    let header = format!("private-token: {}\r\n", workplace.ok(&create).trim());
    let block = format!("POST /api/v4/users/{user}/block");
    for (request, status) in [
        (
            "POST /api/v4/groups/grotto/members?username=zacharias&access_level=30",
            "201",
        ),
        (&block, "201"),
        ("PUT /api/v4/groups/grotto?description=x", "200"),
        ("DELETE /api/v4/groups/grotto", "202"),
    ] {
        let reply = send(&running.admin, request, &header);
        let expected = format!("HTTP/1.1 {status}");
        assert!(reply.starts_with(&expected), "{request}: {reply}");
    }
    for number in 0..SPANS {
        let request = format!("PUT /api/v4/users/{user}?name=x{number}");
        let reply = send(&running.admin, &request, &header);
        assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    }
    // It takes longer than the pause of the tasks that write down uses.
    wait_until("the traces are sent", || {
        let texts = ["app.block_user", "app.delete_namespace", "storage.users"];
        texts.iter().all(|text| collector.has(text)) && collector.count("app.change_user") == SPANS
    });
    assert_eq!(running.stop().0, Some(0));
    for text in ["app.write_usage", "zacharias", "grotto"] {
        assert!(!collector.has(text), "{text}");
    }
}

#[test]
fn a_collector_that_is_away_holds_nobody_up_and_is_told_once() {
    let address = free_address();
    let workplace = Workplace::migrated();
    let mut running = start_with(&workplace, "log", &configuration(&address));
    let log = || std::fs::read_to_string(workplace.path().join("log")).unwrap();
    let path = "/jwt/auth?service=container_registry";
    wait_until("the loss is told", || {
        assert!(running.get(path).starts_with("HTTP/1.1 200"));
        log().contains("traces cannot be sent")
    });
    let collector = Collector::start(&address);
    wait_until("traces are sent", || {
        running.get(path);
        collector.has("app.issue_registry_token")
    });
    assert_eq!(running.stop().0, Some(0));
    assert_eq!(log().matches("traces cannot be sent").count(), 1);
    assert!(log().contains("traces are sent again"), "{}", log());
}

/// A header may have a secret, which is for the collector that is named.
#[test]
fn a_collector_that_sends_elsewhere_is_not_followed() {
    let other = Collector::start("127.0.0.1:0");
    let elsewhere = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://{}/",
        other.address
    );
    let collector = Collector::answering("127.0.0.1:0", &elsewhere);
    let workplace = Workplace::migrated();
    let running = start_with(&workplace, "log", &configuration(&collector.address));
    running.get("/jwt/auth?service=container_registry");
    let log = || std::fs::read_to_string(workplace.path().join("log")).unwrap();
    wait_until("the loss is told", || {
        log().contains("traces cannot be sent")
    });
    assert!(collector.has("app.issue_registry_token"));
    assert!(other.sent.lock().unwrap().is_empty());
}

#[test]
fn a_part_of_the_requests_can_be_traced() {
    let collector = Collector::start("127.0.0.1:0");
    let workplace = Workplace::migrated();
    let more = format!(
        "{}requests = \"1/1000000\"\n",
        configuration(&collector.address)
    );
    let mut running = start_with(&workplace, "log", &more);
    for _ in 0..20 {
        running.get("/jwt/auth?service=container_registry");
    }
    assert_eq!(running.stop().0, Some(0));
    assert!(!collector.has("app.issue_registry_token"));

    let half = format!("{}requests = \"1/2\"\n", configuration(&collector.address));
    let mut running = start_with(&workplace, "log", &half);
    wait_until("some are traced", || {
        running.get("/jwt/auth?service=container_registry");
        collector.has("app.issue_registry_token")
    });
    assert_eq!(running.stop().0, Some(0));
}
