//! Clients that speak HTTP/2, good ones and bad ones.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::{Request, Response};
use h2::client::SendRequest;
use rustls::ClientConfig;
use tokio::task::JoinSet;

use super::certificates::{TestAuthority, TlsClient, ask_tls, connect};
use super::{metric, wait_until};
use crate::cli::Workplace;
use crate::cli::running::{Running, spawn};

const AUTH: &str = "/jwt/auth?service=container_registry";
/// Types and flags of frames (RFC 9113, section 6).
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// A service whose token listener speaks TLS, with more lines of configuration; and a client that speaks HTTP/2 alone.
fn start(workplace: &Workplace, more: &str) -> (Running, Arc<ClientConfig>) {
    let authority = TestAuthority::new();
    let tls = workplace.path().join("tls");
    if !tls.exists() {
        authority.pair().mount(&tls, 0);
    }
    let file = File::create(workplace.path().join("log")).unwrap();
    let before = "export WHARFINGER_TOKEN__TLS_CERTIFICATE=tls/tls.crt WHARFINGER_TOKEN__TLS_KEY=tls/tls.key";
    let mut running = spawn(workplace, before, file, more);
    assert!(running.becomes_ready(), "{}", log(workplace));
    (running, authority.client(None, &["h2"]))
}

fn log(workplace: &Workplace) -> String {
    std::fs::read_to_string(workplace.path().join("log")).unwrap()
}

fn connections(running: &Running) -> u64 {
    metric(running, "wharfinger_connections{listener=\"token\"}")
}

/// A connection whose frames go and come in a task of `tasks`.
async fn open(
    address: &str,
    client: &Arc<ClientConfig>,
    tasks: &mut JoinSet<Result<(), h2::Error>>,
) -> std::io::Result<SendRequest<Bytes>> {
    let stream = tokio::net::TcpStream::connect(address).await?;
    let connector = tokio_rustls::TlsConnector::from(Arc::clone(client));
    let stream = connector
        .connect("localhost".try_into().unwrap(), stream)
        .await?;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (sender, connection) = h2::client::handshake(stream)
        .await
        .map_err(std::io::Error::other)?;
    tasks.spawn(connection);
    Ok(sender)
}

/// Sends a request, and reads the whole reply.
async fn ask(
    sender: &mut SendRequest<Bytes>,
    request: Request<()>,
    body: &str,
) -> Result<Response<String>, h2::Error> {
    let (reply, mut sending) = sender.send_request(request, body.is_empty())?;
    if !body.is_empty() {
        sending.send_data(Bytes::copy_from_slice(body.as_bytes()), true)?;
    }
    let (head, mut stream) = reply.await?.into_parts();
    let mut text = Vec::new();
    while let Some(part) = stream.data().await {
        let part = part?;
        stream.flow_control().release_capacity(part.len())?;
        text.extend_from_slice(&part);
    }
    Ok(Response::from_parts(head, String::from_utf8(text).unwrap()))
}

fn get(path: &str) -> Request<()> {
    let uri = format!("https://localhost{path}");
    Request::get(uri).body(()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_over_http2_are_answered_as_over_http1() {
    let workplace = Workplace::migrated();
    let (running, client) = start(&workplace, "");
    let mut other = ClientConfig::clone(&client);
    other.alpn_protocols = vec![b"http/1.1".to_vec()];
    let other = Arc::new(other);
    let mut tasks = JoinSet::new();
    let mut sender = open(&running.token, &client, &mut tasks).await.unwrap();
    for path in [
        "/livez",
        "//livez/",
        "/v2/",
        "/not-here",
        "/readyz",
        "/jwt/auth",
        "/.well-known/jwks.json",
    ] {
        let reply = ask(&mut sender, get(path), "").await.unwrap();
        let same = ask_tls(&running.token, &other, path).unwrap();
        assert!(
            same.starts_with(&format!("HTTP/1.1 {}", reply.status().as_str())),
            "{same}"
        );
        assert!(same.ends_with(reply.body()), "{path} {reply:?} {same}");
        for name in [
            "www-authenticate",
            "cache-control",
            "content-type",
            "retry-after",
        ] {
            let value = reply
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap());
            let line = same
                .lines()
                .find_map(|line| line.strip_prefix(&format!("{name}: ")));
            assert_eq!(value, line, "{path}");
        }
        assert!(reply.headers().contains_key("x-request-id"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_requests_share_a_connection_over_http2() {
    let workplace = Workplace::migrated();
    let (running, client) = start(&workplace, "");
    let mut tasks = JoinSet::new();
    let mut sender = open(&running.token, &client, &mut tasks).await.unwrap();
    // After the first reply the client knows how many it may send at a time; more are refused, and to be sent again.
    ask(&mut sender, get("/livez"), "").await.unwrap();
    let mut asking = JoinSet::new();
    for number in 0..100 {
        let sender = sender.clone();
        asking.spawn(async move {
            let mut sender = sender.ready().await.unwrap();
            if number % 2 == 0 {
                return ask(&mut sender, get(AUTH), "").await.unwrap();
            }
            let form =
                "grant_type=password&service=container_registry&client_id=x&username=a&password=b";
            let request = Request::post("https://localhost/jwt/auth")
                .header("content-type", "application/x-www-form-urlencoded");
            ask(&mut sender, request.body(()).unwrap(), form)
                .await
                .unwrap()
        });
    }
    let statuses: Vec<u16> = asking
        .join_all()
        .await
        .iter()
        .map(|reply| reply.status().as_u16())
        .collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 50);
    assert_eq!(
        statuses
            .iter()
            .filter(|status| [401, 429].contains(status))
            .count(),
        50
    );
    assert_eq!(connections(&running), 1);
    let told = log(&workplace);
    assert!(
        told.contains("\"http.route\":\"/jwt/auth\"")
            && told.contains("\"client.address\":\"127.0.0.1\"")
    );
    assert!(!told.contains("cut off"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_are_too_long_over_http2_are_431() {
    let workplace = Workplace::migrated();
    let (running, client) = start(&workplace, "");
    let mut tasks = JoinSet::new();
    let mut sender = open(&running.token, &client, &mut tasks).await.unwrap();
    for (size, status) in [(20_000, 400), (30_000, 431), (100, 400)] {
        let request = Request::get("https://localhost/jwt/auth").header("x-long", "y".repeat(size));
        let reply = ask(&mut sender, request.body(()).unwrap(), "")
            .await
            .unwrap();
        assert_eq!(reply.status().as_u16(), status, "{size}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_we_refuse_over_http2_before_any_route_is_logged_under_its_id() {
    let workplace = Workplace::migrated();
    let (running, client) = start(&workplace, "");
    let mut tasks = JoinSet::new();
    let mut sender = open(&running.token, &client, &mut tasks).await.unwrap();
    for (host, fields, status) in [
        ("localhost", 0, 200),
        ("LocalHost:443", 0, 200),
        ("localhost", 101, 431),
        ("other", 0, 400),
        ("localhost:1", 0, 400),
        ("", 0, 400),
    ] {
        let mut request = get("/livez");
        let headers = request.headers_mut();
        headers.insert("host", host.parse().unwrap());
        for _ in 0..fields {
            headers.append("x-short", "y".parse().unwrap());
        }
        let reply = ask(&mut sender, request, "").await.unwrap();
        assert_eq!(reply.status().as_u16(), status, "{host} {}", reply.body());
        if status != 200 {
            let id = reply.headers()["x-request-id"].to_str().unwrap();
            wait_until("it is logged", || log(&workplace).contains(id));
            assert!(reply.body().contains("message"), "{}", reply.body());
        }
    }
}

/// A client that writes frames as it likes.
struct RawClient(TlsClient);

impl RawClient {
    fn connect(running: &Running, client: &Arc<ClientConfig>) -> Self {
        let mut stream = connect(TcpStream::connect(&running.token).unwrap(), client);
        stream
            .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
            .unwrap();
        let mut client = Self(stream);
        client.send(&frame(SETTINGS, 0, 0, &[])).unwrap();
        client
    }

    fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.0.write_all(bytes)?;
        self.0.flush()
    }

    /// Reads until the service closes the connection; gives how long that took.
    fn lasts(mut self) -> Duration {
        let begin = Instant::now();
        let mut part = [0; 4096];
        while self.0.read(&mut part).is_ok_and(|count| count > 0) {
            assert!(begin.elapsed() < Duration::from_secs(20), "it is kept");
        }
        begin.elapsed()
    }
}

/// A frame (RFC 9113, section 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// The headers of a request, as literals (RFC 7541, section 6.2.2).
fn headers(method: u8, path: &str) -> Vec<u8> {
    // The method and scheme are in the static table.
    let mut block = vec![method, 0x87, 0x04, u8::try_from(path.len()).unwrap()];
    block.extend(path.as_bytes());
    block.extend(b"\x01\x09localhost");
    if method == POST {
        block.extend(b"\x0f\x10\x21application/x-www-form-urlencoded");
    }
    block
}

/// The frame by which a client gives up a request.
fn reset(stream: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes())
}

const GET: u8 = 0x82;
const POST: u8 = 0x83;

/// Rapid reset (CVE-2023-44487): requests that are begun and given up at once, by thousands.
#[test]
fn requests_that_are_given_up_again_and_again_end_the_connection() {
    let workplace = Workplace::migrated();
    let (running, client) = start(&workplace, "");
    // All in one breath: most are given up before we have seen them.
    let mut raw = RawClient::connect(&running, &client);
    let mut flood = Vec::new();
    for number in 0..1000 {
        let stream = number * 2 + 1;
        flood.extend(frame(
            HEADERS,
            END_HEADERS | END_STREAM,
            stream,
            &headers(GET, AUTH),
        ));
        flood.extend(reset(stream));
    }
    let _ = raw.send(&flood);
    assert!(raw.lasts() < Duration::from_secs(5));
    // One after the other: each is under way, because its body does not come.
    let mut raw = RawClient::connect(&running, &client);
    let mut sent = 0;
    for number in 0..1000 {
        let stream = number * 2 + 1;
        let begun = raw.send(&frame(
            HEADERS,
            END_HEADERS,
            stream,
            &headers(POST, "/jwt/auth"),
        ));
        std::thread::sleep(Duration::from_millis(10));
        if begun.and_then(|()| raw.send(&reset(stream))).is_err() {
            break;
        }
        sent += 1;
    }
    assert!((30..100).contains(&sent), "{sent}");
    assert!(raw.lasts() < Duration::from_secs(5));
    wait_until("nothing is left", || connections(&running) == 0);
}

#[test]
fn a_client_of_http2_that_gives_up_one_request_of_two_goes_on() {
    let workplace = Workplace::migrated();
    let (running, client) = start(&workplace, "");
    let mut raw = RawClient::connect(&running, &client);
    for number in 0..100 {
        let (given_up, kept) = (number * 4 + 1, number * 4 + 3);
        raw.send(&frame(
            HEADERS,
            END_HEADERS,
            given_up,
            &headers(POST, "/jwt/auth"),
        ))
        .unwrap();
        raw.send(&frame(
            HEADERS,
            END_HEADERS | END_STREAM,
            kept,
            &headers(GET, "/livez"),
        ))
        .unwrap();
        std::thread::sleep(Duration::from_millis(10));
        raw.send(&reset(given_up)).unwrap();
    }
    assert_eq!(connections(&running), 1);
}

/// A flood of CONTINUATION frames (CVE-2024-27316).
#[test]
fn headers_that_never_end_over_http2_end_the_connection() {
    let workplace = Workplace::migrated();
    let (running, client) = start(&workplace, "[connections]\nheader_timeout = \"2s\"\n");
    for part in [&[][..], &b"\x00\x01x\x01y"[..]] {
        let mut raw = RawClient::connect(&running, &client);
        raw.send(&frame(HEADERS, END_STREAM, 1, &headers(GET, "/livez")))
            .unwrap();
        let begin = Instant::now();
        let more = frame(CONTINUATION, 0, 1, part).repeat(1000);
        let mut sent = 0;
        while raw.send(&more).is_ok() && sent < 1000 {
            sent += 1;
        }
        assert!(
            sent < 1000 && begin.elapsed() < Duration::from_secs(5),
            "{sent}"
        );
    }
    // Slowly, the time for headers is over first.
    let mut raw = RawClient::connect(&running, &client);
    raw.send(&frame(
        HEADERS,
        END_HEADERS | END_STREAM,
        1,
        &headers(GET, "/livez"),
    ))
    .unwrap();
    std::thread::sleep(Duration::from_millis(500));
    raw.send(&frame(HEADERS, END_STREAM, 3, &headers(GET, "/livez")))
        .unwrap();
    let took = raw.lasts();
    assert!(
        took > Duration::from_secs(1) && took < Duration::from_secs(4),
        "{took:?}"
    );
}

#[test]
fn each_step_of_a_connection_with_http2_has_its_time() {
    let workplace = Workplace::migrated();
    let more =
        "[connections]\nheader_timeout = \"1s\"\nidle_timeout = \"3s\"\nwrite_timeout = \"1s\"\n";
    let (running, client) = start(&workplace, more);
    let within = |took: Duration, least, most| {
        let took = took.as_millis();
        assert!((least..most).contains(&took), "{took}");
    };
    within(RawClient::connect(&running, &client).lasts(), 900, 2500);
    let mut idle = RawClient::connect(&running, &client);
    idle.send(&frame(
        HEADERS,
        END_HEADERS | END_STREAM,
        1,
        &headers(GET, "/livez"),
    ))
    .unwrap();
    // What is no request keeps no connection open, and ends none.
    std::thread::sleep(Duration::from_millis(500));
    idle.send(&frame(PING, 0, 0, &[0; 8])).unwrap();
    std::thread::sleep(Duration::from_secs(1));
    idle.send(&frame(PING, 0, 0, &[0; 8])).unwrap();
    within(idle.lasts(), 1300, 3500);
    // A client that has no room for a reply.
    let mut deaf = RawClient::connect(&running, &client);
    deaf.send(&frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]))
        .unwrap();
    let path = "/.well-known/jwks.json";
    deaf.send(&frame(
        HEADERS,
        END_HEADERS | END_STREAM,
        1,
        &headers(GET, path),
    ))
    .unwrap();
    within(deaf.lasts(), 900, 2500);
    // A client that reads nothing, and wants answers to its pings.
    let mut deaf = RawClient::connect(&running, &client);
    deaf.0
        .sock
        .set_write_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    deaf.send(&frame(
        HEADERS,
        END_HEADERS | END_STREAM,
        1,
        &headers(GET, path),
    ))
    .unwrap();
    let (begin, pings) = (Instant::now(), frame(PING, 0, 0, &[0; 8]).repeat(100));
    while connections(&running) > 0 {
        let _ = deaf.send(&pings);
        assert!(begin.elapsed() < Duration::from_secs(15), "it is kept");
    }
}

/// As over HTTP/1.1: a client is told before it begins something that is not answered.
#[test]
fn stops_under_load_reset_no_request_over_http2() {
    let workplace = Workplace::migrated();
    let authority = TestAuthority::new();
    authority.pair().mount(&workplace.path().join("tls"), 0);
    let client = authority.client(None, &["h2"]);
    let (mut answered, mut broken) = (0, Vec::new());
    for _ in 0..3 {
        let (mut running, _) = start(&workplace, "[shutdown]\ndelay = \"200ms\"\n");
        let over = Arc::new(AtomicBool::new(false));
        let clients: Vec<_> = (0..4)
            .map(|_| {
                let (over, token) = (Arc::clone(&over), running.token.clone());
                let client = Arc::clone(&client);
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                std::thread::spawn(move || runtime.block_on(keep_asking(&token, &client, &over)))
            })
            .collect();
        std::thread::sleep(Duration::from_millis(500));
        let (status, took) = running.stop();
        assert_eq!(status, Some(0));
        assert!(took < Duration::from_secs(5), "{took:?}");
        over.store(true, Ordering::SeqCst);
        for client in clients {
            let (good, bad) = client.join().unwrap();
            answered += good;
            broken.extend(bad);
        }
    }
    assert!(answered > 100, "{answered}");
    assert_eq!(broken, Vec::<String>::new());
}

/// Asks on a connection until it is told to use another one; gives how often that went well, and what else happened.
async fn keep_asking(
    address: &str,
    client: &Arc<ClientConfig>,
    over: &AtomicBool,
) -> (u32, Vec<String>) {
    let (mut good, mut bad, mut tasks) = (0, Vec::new(), JoinSet::new());
    while !over.load(Ordering::SeqCst) {
        let mut sender = match open(address, client, &mut tasks).await {
            Ok(sender) => sender,
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                tokio::time::sleep(Duration::from_millis(5)).await;
                continue;
            }
            Err(error) => {
                bad.push(format!("not connected: {error}"));
                continue;
            }
        };
        while let Ok(ready) = sender.ready().await {
            sender = ready;
            match ask(&mut sender, get(AUTH), "").await {
                Ok(reply) if reply.status() == 200 => good += 1,
                Ok(reply) => bad.push(reply.status().to_string()),
                Err(error) => {
                    bad.push(error.to_string());
                    break;
                }
            }
        }
    }
    (good, bad)
}

/// Libraries tell in their debug lines what they refuse, and an address may have a secret in it.
#[test]
fn an_address_that_http2_refuses_is_not_in_the_debug_log() {
    let workplace = Workplace::migrated();
    let (running, client) = start(&workplace, "[log]\nfilter = \"debug\"\n");
    let mut raw = RawClient::connect(&running, &client);
    let path = "/jwt/auth?service=s&password=correct horse";
    let refused = frame(HEADERS, END_HEADERS | END_STREAM, 1, &headers(GET, path));
    raw.send(&refused).unwrap();
    let asked = frame(HEADERS, END_HEADERS | END_STREAM, 3, &headers(GET, AUTH));
    raw.send(&asked).unwrap();
    wait_until("the second request is logged", || {
        log(&workplace).contains("\"http.route\":\"/jwt/auth\"")
    });
    let told = log(&workplace);
    assert!(!told.contains("correct horse"), "{told}");
}
