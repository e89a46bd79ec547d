//! Connections, in use and during a stop.

use axum::Router;
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::config::Shutdown;
use crate::http::layers::{Framed, LayerSettings, frame};
use crate::metrics::Metrics;
use crate::server::lifecycle::Signals;

struct Running {
    address: SocketAddr,
    lifecycle: Lifecycle,
    answers: Answers,
    ended: tokio::sync::oneshot::Receiver<usize>,
}

fn rules() -> Rules {
    Rules {
        limits: ConnectionLimits {
            total: 100,
            per_address: 100,
        },
        timeouts: ConnectionTimeouts {
            handshake: Duration::from_secs(5),
            headers: Duration::from_secs(15),
            idle: Duration::from_secs(100),
            write: Duration::from_secs(30),
        },
        proxies: Networks::default(),
        metrics: Metrics::new().listener("test"),
        tls: None,
    }
}

fn framed(routes: Router) -> Framed {
    frame(routes, &LayerSettings::for_tests())
}

fn routes() -> Router {
    let slow = || async {
        tokio::time::sleep(Duration::from_millis(900)).await;
        "slow"
    };
    let stuck = || std::future::pending::<()>();
    Router::new()
        .route("/", get(|| async { "quick" }))
        .route("/slow", get(slow))
        .route("/stuck", get(stuck))
        .route("/large", get(|| async { "x".repeat(64 * 1024) }))
}

fn start(grace: Duration) -> Running {
    let delay = Duration::ZERO;
    start_with(rules(), Shutdown { delay, grace })
}

fn start_with(rules: Rules, shutdown: Shutdown) -> Running {
    let listener = Listener::bind("test", "127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.address();
    let (lifecycle, answers) = (Lifecycle::default(), Answers::starting(framed(routes())));
    lifecycle.spawn(listener.serve(answers.clone(), rules, lifecycle.clone()));
    let (tell, ended) = tokio::sync::oneshot::channel();
    let (mut signals, stopping) = (Signals::install().unwrap(), lifecycle.clone());
    let run = async move { stopping.run(&mut signals, shutdown).await };
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let _ = tell.send(runtime.block_on(run).cut_off);
    });
    Running {
        address,
        lifecycle,
        answers,
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
    let running = start(Duration::from_secs(10));
    let idle = send(running.address, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let slow = send(running.address, "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    let begin = Instant::now();
    running.lifecycle.stop();
    assert!(read(idle).await.ends_with("quick"));
    assert!(read(slow).await.ends_with("slow"));
    assert_eq!(running.ended.await.unwrap(), 0, "all finished");
    assert!(begin.elapsed() < Duration::from_secs(5));
    assert!(
        TcpStream::connect(running.address).await.is_err(),
        "nothing listens any more"
    );
}

#[tokio::test]
async fn a_stuck_request_is_given_up_when_the_grace_is_over() {
    // The listener itself ends in less than this: it waits for handshakes.
    let running = start(Duration::from_millis(500));
    let stuck = send(running.address, "GET /stuck HTTP/1.1\r\nhost: x\r\n\r\n").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    running.lifecycle.stop();
    assert_eq!(read(stuck).await, "");
    assert_eq!(running.ended.await.unwrap(), 1, "not all finished");
}

#[tokio::test]
async fn large_headers_reach_the_face_and_huge_ones_end_the_connection() {
    let running = start(Duration::from_secs(1));
    let request = |size: usize| {
        let header = "A".repeat(size);
        format!("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: {header}\r\n\r\n")
    };
    let large = read(send(running.address, &request(23 * 1024)).await).await;
    assert!(
        large.starts_with("HTTP/1.1 200"),
        "what a broken client sends gets the reply of its face"
    );
    // The reply arrives although the rest is not read.
    for huge in [60 * 1024, 200 * 1024] {
        let answer = read(send(running.address, &request(huge)).await).await;
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
    let answer = read(send(running.address, &request(1)).await).await;
    assert!(answer.ends_with("quick"), "the server lives");
    running.lifecycle.stop();
}

#[tokio::test]
async fn a_request_that_is_under_way_when_a_stop_closes_is_answered() {
    let running = start(Duration::from_secs(10));
    let mut fresh = TcpStream::connect(running.address).await.unwrap();
    let mut begun = send(running.address, "GET / HTTP/1.1\r\n").await;
    let mut used = send(running.address, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    used.write_all(b"GET / HT").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    running.lifecycle.stop();
    tokio::time::sleep(Duration::from_millis(300)).await;
    fresh
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    begun.write_all(b"host: x\r\n\r\n").await.unwrap();
    used.write_all(b"TP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    for (stream, replies) in [(fresh, 1), (begun, 1), (used, 2)] {
        let answer = read(stream).await;
        assert_eq!(answer.matches("quick").count(), replies, "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
    }
    assert_eq!(running.ended.await.unwrap(), 0);
}

#[tokio::test]
async fn during_the_delay_of_a_stop_connections_are_accepted() {
    let shutdown = Shutdown {
        delay: Duration::from_millis(500),
        grace: Duration::from_secs(10),
    };
    let running = start_with(rules(), shutdown);
    let begin = Instant::now();
    running.lifecycle.stop();
    while begin.elapsed() < Duration::from_millis(300) {
        let answer = send(running.address, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
        let answer = read(answer).await;
        assert!(answer.contains("connection: close"), "{answer}");
    }
    assert_eq!(running.ended.await.unwrap(), 0);
    assert!(begin.elapsed() >= Duration::from_millis(500));
}

#[tokio::test]
async fn connections_that_the_system_has_accepted_are_answered_before_the_end() {
    let mut rules = rules();
    rules.limits.total = 1;
    let running = start_with(
        rules,
        Shutdown {
            delay: Duration::ZERO,
            grace: Duration::from_secs(20),
        },
    );
    // One has the only place; the others wait in the system's queue.
    let slow = send(running.address, "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut waiting = Vec::new();
    for _ in 0..5 {
        waiting.push(send(running.address, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await);
    }
    running.lifecycle.stop();
    assert!(read(slow).await.ends_with("slow"));
    for stream in waiting {
        assert!(read(stream).await.ends_with("quick"));
    }
    assert_eq!(running.ended.await.unwrap(), 0);
}

#[tokio::test]
async fn each_step_of_a_connection_has_its_time() {
    let mut rules = rules();
    rules.timeouts = ConnectionTimeouts {
        handshake: Duration::from_millis(300),
        headers: Duration::from_millis(300),
        idle: Duration::from_millis(900),
        write: Duration::from_millis(300),
    };
    let shutdown = Shutdown {
        delay: Duration::ZERO,
        grace: Duration::ZERO,
    };
    let running = start_with(rules, shutdown);
    let lasted = async |mut stream: TcpStream, drip: &'static str| {
        let begin = Instant::now();
        let (mut reading, mut writing) = stream.split();
        let mut answer = Vec::new();
        let dripping = async {
            loop {
                tokio::time::sleep(Duration::from_millis(50)).await;
                if writing.write_all(drip.as_bytes()).await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        tokio::select! {
            _ = reading.read_to_end(&mut answer) => {}
            () = dripping => {}
        }
        begin.elapsed().as_millis()
    };
    let fresh = TcpStream::connect(running.address).await.unwrap();
    assert!((290..600).contains(&lasted(fresh, "").await));
    let dripping = send(running.address, "GET / HTTP/1.1\r\n").await;
    assert!((200..600).contains(&lasted(dripping, "x: y\r\n").await));
    let idle = send(running.address, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!((890..1300).contains(&lasted(idle, "").await));
    let slow = send(running.address, "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let slow = lasted(slow, "").await;
    assert!(
        (1790..2300).contains(&slow),
        "a request takes its time: {slow}"
    );
    // Nothing of the replies is read, until no more fit into the buffers on the way.
    let mut deaf = TcpStream::connect(running.address).await.unwrap();
    let request = "GET /large HTTP/1.1\r\nhost: x\r\n\r\n".repeat(1000);
    deaf.write_all(request.as_bytes()).await.unwrap();
    let begin = Instant::now();
    while deaf.write_all(request.as_bytes()).await.is_ok() {
        assert!(begin.elapsed() < Duration::from_secs(5), "it is kept");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    running.lifecycle.stop();
}

#[tokio::test]
async fn idle_connections_make_room_for_new_ones() {
    let mut rules = rules();
    rules.limits.total = 8;
    let running = start_with(
        rules,
        Shutdown {
            delay: Duration::ZERO,
            grace: Duration::ZERO,
        },
    );
    let request = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut idle = Vec::new();
    for _ in 0..8 {
        let mut stream = send(running.address, request).await;
        let mut start = [0; 8];
        stream.read_exact(&mut start).await.unwrap();
        idle.push(stream);
    }
    let begin = Instant::now();
    let answer = send(running.address, request).await;
    // The others notice, as clients do that keep connections.
    for stream in idle {
        read(stream).await;
    }
    let mut start = [0; 12];
    let mut answer = answer;
    answer.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 200");
    assert!(begin.elapsed() < Duration::from_secs(2));
    running.lifecycle.stop();
}

#[tokio::test]
async fn an_address_with_too_many_connections_gets_no_more_and_a_proxy_does() {
    let shutdown = Shutdown {
        delay: Duration::ZERO,
        grace: Duration::ZERO,
    };
    let request = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    for (proxies, answered) in [("", false), ("[\"127.0.0.0/8\"]", true)] {
        let mut rules = rules();
        rules.limits.per_address = 3;
        if !proxies.is_empty() {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(&file, format!("[token]\ntrusted_proxies = {proxies}")).unwrap();
            let sources = crate::config::Sources {
                file: Some(file.path().to_owned()),
                ..crate::config::Sources::default()
            };
            rules.proxies = crate::config::Config::load(&sources)
                .unwrap()
                .token
                .trusted_proxies;
        }
        let running = start_with(rules, shutdown);
        let mut held = Vec::new();
        for _ in 0..3 {
            held.push(TcpStream::connect(running.address).await.unwrap());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        let answer = read(TcpStream::connect(running.address).await.unwrap());
        if !answered {
            assert_eq!(answer.await, "");
            drop(held.pop());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let answer = read(send(running.address, request).await).await;
        assert!(answer.ends_with("quick"), "{answer}");
        running.lifecycle.stop();
    }
}

#[tokio::test]
async fn answers_change_once_the_start_is_over() {
    let running = start(Duration::ZERO);
    let request = "GET /new HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut stream = send(running.address, request).await;
    let mut start = [0; 12];
    stream.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 404");
    let routes = Router::new().route("/new", get(|| async { "new" }));
    running.answers.open(framed(routes));
    stream.write_all(request.as_bytes()).await.unwrap();
    running.lifecycle.stop();
    assert!(
        read(stream).await.ends_with("new"),
        "on the same connection"
    );
}

#[tokio::test]
async fn an_address_that_is_taken_says_what_to_do() {
    let first = Listener::bind("token", "127.0.0.1:0".parse().unwrap()).unwrap();
    let error = Listener::bind("token", first.address())
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with(&format!("`token.listen` says {}", first.address())),
        "{error}"
    );
    assert!(error.contains("is the service running already?"), "{error}");
}
