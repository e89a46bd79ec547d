//! The host that a request is for (RFC 9112, section 3.2).

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;

use super::wait_until;
use crate::cli::Workplace;
use crate::cli::running::spawn;

/// The whole reply to a request that is only its first line and fields.
fn answer(address: &str, head: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!("{head}\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// Proxies and we might else take different hosts for the one that is meant.
#[test]
fn a_request_names_one_host_on_every_listener() {
    let workplace = Workplace::migrated();
    let file = File::create(workplace.path().join("log")).unwrap();
    let mut running = spawn(&workplace, "", file, "");
    assert!(running.becomes_ready());
    for listener in [&running.token, &running.admin, &running.ops] {
        for head in [
            "GET /livez HTTP/1.0",
            "GET /livez HTTP/1.0\r\nhost: x",
            "GET /livez HTTP/1.1\r\nhost:",
            "GET /livez HTTP/1.1\r\nhost: An_upstream.example:5001",
            "GET /livez HTTP/1.1\r\nhost: [::1]:5001",
            "GET /livez HTTP/1.1\r\nhost: [::1]",
            "GET http://other/livez HTTP/1.1\r\nhost: x",
        ] {
            let reply = answer(listener, head);
            assert!(reply.ends_with("ok\n"), "{head}: {reply}");
        }
        for head in [
            "GET /livez HTTP/1.1",
            "GET http://other/livez HTTP/1.1",
            "GET /livez HTTP/1.1\r\nhost: x\r\nhost: x",
            "GET /livez HTTP/1.1\r\nhost: x\r\nhost: y",
            "GET /livez HTTP/1.0\r\nhost: x\r\nhost: y",
            "GET /livez HTTP/1.1\r\nhost: x y",
            "GET /livez HTTP/1.1\r\nhost: x/y",
            "GET /livez HTTP/1.1\r\nhost: user@x",
            "GET /livez HTTP/1.1\r\nhost: x:port",
            "GET /livez HTTP/1.1\r\nhost: :5001",
        ] {
            let reply = answer(listener, head);
            let told = "a request names one host";
            assert!(
                reply.starts_with("HTTP/1.1 400") && reply.contains(told)
                    || reply.starts_with("HTTP/1.0 400") && reply.contains(told),
                "{head}: {reply}"
            );
            let mut lines = reply.lines();
            let id = lines
                .find_map(|line| line.strip_prefix("x-request-id: "))
                .unwrap();
            let log = workplace.path().join("log");
            wait_until("it is logged", || {
                fs::read_to_string(&log).unwrap().contains(id)
            });
        }
    }
}
