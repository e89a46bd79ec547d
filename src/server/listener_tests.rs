//! Connections, in use and during a stop.

use std::time::Instant;

use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::server::lifecycle::Signals;

struct Running {
    address: SocketAddr,
    lifecycle: Lifecycle,
    ended: tokio::sync::oneshot::Receiver<bool>,
}

async fn start(grace: Duration) -> Running {
    let slow = || async {
        tokio::time::sleep(Duration::from_millis(900)).await;
        "slow"
    };
    let stuck = || std::future::pending::<()>();
    let router = Router::new()
        .route("/", get(|| async { "quick" }))
        .route("/slow", get(slow))
        .route("/stuck", get(stuck));
    let listener = Listener::bind("test.listen", "127.0.0.1:0".parse().unwrap())
        .await
        .unwrap();
    let address = listener.address();
    let lifecycle = Lifecycle::default();
    let serving = lifecycle.clone();
    lifecycle.spawn(async move { listener.serve(router, serving).await });
    let (tell, ended) = tokio::sync::oneshot::channel();
    let run = lifecycle.clone().run(Signals::install().unwrap(), grace);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let _ = tell.send(runtime.block_on(run));
    });
    Running {
        address,
        lifecycle,
        ended,
    }
}

async fn send(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

async fn read(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text).await;
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn a_request_in_flight_is_finished_and_an_idle_connection_closed() {
    let running = start(Duration::from_secs(10)).await;
    let idle = send(running.address, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let slow = send(running.address, "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    let begin = Instant::now();
    running.lifecycle.stop();
    assert!(read(idle).await.ends_with("quick"));
    assert!(read(slow).await.ends_with("slow"));
    assert!(running.ended.await.unwrap(), "all finished");
    assert!(begin.elapsed() < Duration::from_secs(5));
    assert!(
        TcpStream::connect(running.address).await.is_err(),
        "nothing listens any more"
    );
}

#[tokio::test]
async fn a_stuck_request_is_given_up_when_the_grace_is_over() {
    let running = start(Duration::from_millis(200)).await;
    let stuck = send(running.address, "GET /stuck HTTP/1.1\r\nhost: x\r\n\r\n").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    running.lifecycle.stop();
    assert_eq!(read(stuck).await, "");
    assert!(!running.ended.await.unwrap(), "not all finished");
}

#[tokio::test]
async fn large_headers_reach_the_face_and_huge_ones_end_the_connection() {
    let running = start(Duration::from_secs(1)).await;
    let request = |size: usize| {
        let header = "A".repeat(size);
        format!("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: {header}\r\n\r\n")
    };
    let large = read(send(running.address, &request(200 * 1024)).await).await;
    assert!(
        large.starts_with("HTTP/1.1 200"),
        "what a broken client sends gets the reply of its face"
    );
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    let _ = stream.write_all(request(1024 * 1024).as_bytes()).await;
    let mut start = [0; 12];
    // The rest is not read: the system may tell the client so before the reply does.
    match stream.read_exact(&mut start).await {
        Ok(_) => assert_eq!(&start, b"HTTP/1.1 431"),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
    let answer = read(send(running.address, &request(1)).await).await;
    assert!(answer.ends_with("quick"), "the server lives");
    running.lifecycle.stop();
}

#[tokio::test]
async fn an_address_that_is_taken_says_what_to_do() {
    let first = Listener::bind("token.listen", "127.0.0.1:0".parse().unwrap())
        .await
        .unwrap();
    let error = Listener::bind("token.listen", first.address())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with(&format!("`token.listen` says {}", first.address())),
        "{error}"
    );
    assert!(error.contains("is the service running already?"), "{error}");
}
