//! The service as a process: its connections, its log, its start and its stop.

mod another_state;
mod certificate_files;
mod certificates;
mod connections;
mod copies;
mod crowd;
mod hosts;
mod http2;
mod log;
mod metrics;
mod other_keys;
mod proxies;
mod stop;
mod stuck;
mod tls;
mod traces;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::cli::running::Running;

/// A connection from another address of the loopback.
fn connect_from(from: &str, to: &str) -> TcpStream {
    connect_with(from, to, 64 * 1024)
}

/// The same for a client whose system takes only so many bytes that it does not read.
fn connect_with(from: &str, to: &str, buffer: u32) -> TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket
            .bind(SocketAddr::new(from.parse().unwrap(), 0))
            .unwrap();
        socket.set_recv_buffer_size(buffer).unwrap();
        let to = to.parse().unwrap();
        socket.connect(to).await.unwrap().into_std().unwrap()
    });
    stream.set_nonblocking(false).unwrap();
    stream
}

/// The status that a listener answers with to `GET`, and how long that takes.
fn ask(mut stream: TcpStream, path: &str) -> (u16, Duration) {
    let begin = Instant::now();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text);
    let status = text.split(' ').nth(1).unwrap_or("0").parse().unwrap();
    (status, begin.elapsed())
}

/// The value of a metric.
fn metric(running: &Running, name: &str) -> u64 {
    let text = crate::cli::running::send(&running.ops, "GET /metrics", "");
    let line = text.lines().find(|line| line.starts_with(name));
    let value = line
        .unwrap_or_else(|| panic!("{name} in {text}"))
        .rsplit(' ')
        .next()
        .unwrap();
    value.parse().unwrap()
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(
            begin.elapsed() < Duration::from_secs(20),
            "still not: {what}"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}
