//! Listeners that speak TLS.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::version::{TLS12, TLS13};

use super::certificates::{TestAuthority, TestPair, ask_tls, connect, late, write_private};
use super::stop::keep_asking;
use super::{ask, connect_from, connect_with, metric, wait_until};
use crate::cli::Workplace;
use crate::cli::running::{Running, send, spawn};

const AUTH: &str = "/jwt/auth?service=container_registry";

/// A folder with a certificate in `tls`, and the authority of that.
pub(super) fn workplace() -> (Workplace, TestAuthority) {
    let (workplace, authority) = (Workplace::migrated(), TestAuthority::new());
    authority.pair().mount(&workplace.path().join("tls"), 0);
    (workplace, authority)
}

/// The variables that let a listener speak TLS.
pub(super) fn variables(listener: &str) -> String {
    let listener = listener.to_uppercase();
    format!(
        "export WHARFINGER_{listener}__TLS_CERTIFICATE=tls/tls.crt WHARFINGER_{listener}__TLS_KEY=tls/tls.key\n"
    )
}

/// A service whose token listener speaks TLS; after `before` in the shell, with more lines of configuration.
fn start(workplace: &Workplace, before: &str, more: &str) -> Running {
    let file = File::create(workplace.path().join("log")).unwrap();
    let before = format!("{}{before}", variables("token"));
    let mut running = spawn(workplace, &before, file, more);
    assert!(running.becomes_ready(), "{}", log(workplace));
    running
}

fn log(workplace: &Workplace) -> String {
    fs::read_to_string(workplace.path().join("log")).unwrap()
}

/// The certificate that a listener shows to a new connection.
fn shown(address: &str, client: &Arc<ClientConfig>) -> Vec<u8> {
    let mut stream = connect(TcpStream::connect(address).unwrap(), client);
    stream.flush().unwrap();
    stream.conn.peer_certificates().unwrap()[0].to_vec()
}

fn der(pair: &TestPair) -> Vec<u8> {
    let certificate = CertificateDer::from_pem_slice(pair.certificate.as_bytes());
    certificate.unwrap().to_vec()
}

#[test]
fn every_listener_speaks_tls_and_tells_clients_that_speak_plain_http() {
    let (workplace, authority) = workplace();
    let all = ["token", "admin", "ops"].map(variables).concat();
    let file = File::create(workplace.path().join("log")).unwrap();
    let running = spawn(&workplace, &all, file, "");
    let client = authority.client(None, &[]);
    wait_until("it is ready", || {
        ask_tls(&running.ops, &client, "/readyz").is_ok_and(|reply| reply.contains("HTTP/1.1 200"))
    });
    for listener in [&running.token, &running.admin, &running.ops] {
        let reply = ask_tls(listener, &client, "/livez").unwrap();
        assert!(reply.ends_with("ok\n"), "{reply}");
        for request in ["GET /livez", "POST /jwt/auth", "GET http://x/v2/"] {
            let reply = send(listener, request, "");
            assert!(
                reply.starts_with("HTTP/1.1 400") && reply.contains("speaks HTTPS"),
                "{reply}"
            );
        }
    }
    let reply = ask_tls(&running.token, &client, AUTH).unwrap();
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    // The command line speaks it too, and the log says where TLS is.
    let checks = workplace.command(&["--json", "health"]);
    let mut checks = checks;
    for listener in ["TOKEN", "ADMIN", "OPS"] {
        let file = |kind| format!("WHARFINGER_{listener}__TLS_{kind}");
        checks
            .env(file("CERTIFICATE"), "tls/tls.crt")
            .env(file("KEY"), "tls/tls.key");
    }
    let checks = String::from_utf8(checks.output().unwrap().stdout).unwrap();
    assert!(checks.contains("\"ops_certificate\":\"ok\""), "{checks}");
    let told = log(&workplace);
    assert!(
        told.contains(&format!("on {} (TLS) for the operator", running.ops)),
        "{told}"
    );
    assert!(
        told.contains("plain HTTP on a listener that speaks TLS"),
        "{told}"
    );
}

#[test]
fn tls_to_a_listener_without_it_ends_at_once_and_is_logged_once() {
    let (workplace, authority) = (Workplace::migrated(), TestAuthority::new());
    let file = File::create(workplace.path().join("log")).unwrap();
    let mut running = spawn(&workplace, "", file, "");
    assert!(running.becomes_ready());
    let client = authority.client(None, &[]);
    for listener in [&running.token, &running.admin] {
        for _ in 0..5 {
            let begin = Instant::now();
            assert!(ask_tls(listener, &client, "/livez").is_err());
            assert!(begin.elapsed() < Duration::from_secs(3));
        }
    }
    // Clients recognise the beginning of a plain reply, and say what is wrong.
    let mut stream = TcpStream::connect(&running.token).unwrap();
    stream.write_all(b"\x16\x03\x01\x02\x00\x01\x00").unwrap();
    let mut start = [0; 12];
    stream.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 400");
    for listener in ["token", "admin"] {
        let text = format!("speaks TLS to the {listener} listener");
        wait_until("it is logged", || log(&workplace).contains(&text));
        assert_eq!(log(&workplace).matches(&text).count(), 1, "{listener}");
    }
}

#[test]
fn a_start_with_files_that_do_not_fit_names_the_setting_and_the_file() {
    let (workplace, authority) = workplace();
    let tls = workplace.path().join("tls");
    write_private(&tls.join("other.key"), &authority.pair().key);
    fs::write(tls.join("open.key"), &authority.pair().key).unwrap();
    fs::write(tls.join("junk.crt"), "-----BEGIN NOTHING").unwrap();
    let (crt, key) = ("tls_certificate", "tls_key");
    for (files, setting, problem) in [
        (["tls.crt", "other.key"], key, "KeyMismatch"),
        (
            ["tls.crt", "open.key"],
            key,
            "anyone on this machine can read",
        ),
        (["tls.crt", "none.key"], key, "cannot be read: No such file"),
        (
            ["tls.crt", "tls.crt"],
            key,
            "anyone on this machine can read",
        ),
        (["none.crt", "tls.key"], crt, "cannot be read: No such file"),
        (["junk.crt", "tls.key"], crt, "no certificate in PEM form"),
        (["tls.key", "tls.key"], crt, "no certificate in PEM form"),
    ] {
        let [certificate, private] = files.map(|name| format!("tls/{name}"));
        let named = if setting == key {
            &private
        } else {
            &certificate
        };
        let mut serve = workplace.command(&["serve"]);
        serve.env("WHARFINGER_TOKEN__TLS_CERTIFICATE", &certificate);
        serve.env("WHARFINGER_TOKEN__TLS_KEY", &private);
        let output = serve.output().unwrap();
        let told = crate::cli::stderr(&output);
        let setting = format!("`token.{setting}` says {named}, but");
        assert!(!output.status.success(), "{told}");
        assert!(told.contains(&setting) && told.contains(problem), "{told}");
    }
}

#[test]
fn versions_older_than_the_oldest_are_refused() {
    let (workplace, authority) = workplace();
    for (oldest, speaks_12) in [("1.2", true), ("1.3", false)] {
        let before = format!("export WHARFINGER_TOKEN__TLS_MIN_VERSION={oldest}");
        let running = start(&workplace, &before, "");
        for (version, is_spoken) in [(&TLS12, speaks_12), (&TLS13, true)] {
            let client = authority.client_of(&[version], None, &[]);
            let reply = ask_tls(&running.token, &client, "/livez");
            assert_eq!(reply.is_ok(), is_spoken, "{oldest} {version:?} {reply:?}");
        }
    }
}

#[test]
fn clients_without_a_certificate_of_the_authority_are_refused() {
    let (workplace, authority) = workplace();
    let (clients, others) = (TestAuthority::new(), TestAuthority::new());
    fs::write(workplace.path().join("clients.crt"), clients.pem()).unwrap();
    let all = ["token", "admin", "ops"].map(variables).concat();
    let wanted = "export WHARFINGER_ADMIN__TLS_CLIENT_CA=clients.crt WHARFINGER_OPS__TLS_CLIENT_CA=clients.crt";
    let file = File::create(workplace.path().join("log")).unwrap();
    let running = spawn(&workplace, &format!("{all}{wanted}"), file, "");
    let known = authority.client(Some(&clients.pair()), &[]);
    wait_until("it is ready", || {
        ask_tls(&running.ops, &known, "/readyz").is_ok_and(|reply| reply.contains("HTTP/1.1 200"))
    });
    let ended = clients.pair_for(-9, -1);
    for listener in [&running.admin, &running.ops] {
        for own in [None, Some(&others.pair()), Some(&ended)] {
            let reply = ask_tls(listener, &authority.client(own, &[]), "/livez");
            assert!(reply.is_err(), "{reply:?}");
        }
        // Each connection shows its certificate anew.
        for _ in 0..3 {
            let reply = ask_tls(listener, &known, "/livez").unwrap();
            assert!(reply.ends_with("ok\n"), "{reply}");
        }
    }
    assert!(ask_tls(&running.token, &authority.client(None, &[]), "/livez").is_ok());
    // Without a certificate, the command line asks the token listener.
    for arguments in [&["health"][..], &["health", "--pulls"]] {
        let mut health = workplace.command(arguments);
        for variable in format!("{all}{wanted}")
            .replace("export ", "")
            .split_whitespace()
        {
            let (name, value) = variable.split_once('=').unwrap();
            health.env(name, value);
        }
        let output = health.output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}

/// Half of the clients keep their connections, half make new ones, as docker does.
#[test]
fn a_new_certificate_is_taken_under_load_and_no_request_fails() {
    let (workplace, authority) = workplace();
    let running = start(&workplace, "", "");
    let client = authority.client(None, &[]);
    let over = Arc::new(AtomicBool::new(false));
    let asking: Vec<_> = (0..4)
        .map(|number| {
            let (over, token) = (Arc::clone(&over), running.token.clone());
            let client = Arc::clone(&client);
            let connect = move || Ok(connect(TcpStream::connect(&token)?, &client));
            std::thread::spawn(move || keep_asking(connect, number % 2 == 0, &over))
        })
        .collect();
    for version in 1..=3 {
        let pair = authority.pair();
        pair.mount(&workplace.path().join("tls"), version);
        wait_until("it is taken", || {
            shown(&running.token, &client) == der(&pair)
        });
    }
    over.store(true, Ordering::SeqCst);
    let (mut answered, mut broken) = (0, Vec::new());
    for asking in asking {
        let (good, bad) = asking.join().unwrap();
        answered += good;
        broken.extend(bad);
    }
    assert!(answered > 100, "{answered}");
    assert_eq!(broken, Vec::<String>::new());
    assert_eq!(log(&workplace).matches("has a new certificate").count(), 3);
}

#[test]
fn a_broken_pair_keeps_the_old_one_and_is_told_once_until_it_is_mended() {
    let (workplace, authority) = (Workplace::migrated(), TestAuthority::new());
    let (old, new) = (authority.pair(), authority.pair());
    let (certificate, key) = (
        workplace.path().join("tls/tls.crt"),
        workplace.path().join("tls/tls.key"),
    );
    fs::create_dir(workplace.path().join("tls")).unwrap();
    fs::write(&certificate, &old.certificate).unwrap();
    write_private(&key, &old.key);
    let running = start(&workplace, "", "");
    let client = authority.client(None, &[]);
    let told_of = |text: &str| log(&workplace).matches(text).count();
    let ready = || send(&running.ops, "GET /readyz", "");
    // One file is replaced, and the other is forgotten.
    fs::write(&certificate, &new.certificate).unwrap();
    wait_until("it is told", || ready().contains("KeyMismatch"));
    assert!(ready().starts_with("HTTP/1.1 200"), "it is ready");
    std::thread::sleep(Duration::from_secs(5));
    assert_eq!(told_of("the certificate in use stays"), 1);
    assert_eq!(shown(&running.token, &client), der(&old));
    // Another content is told again, whatever is wrong with it.
    for (broken, problem) in [
        (String::new(), "no certificate in PEM form"),
        (authority.pair_for(-9, -1).certificate, "KeyMismatch"),
    ] {
        let before = told_of("the certificate in use stays");
        fs::write(&certificate, broken).unwrap();
        wait_until("it is told", || {
            told_of("the certificate in use stays") == before + 1
        });
        assert!(ready().contains(problem), "{}", ready());
    }
    let ended = authority.pair_for(-9, -1);
    fs::write(&certificate, &ended.certificate).unwrap();
    write_private(&key, &ended.key);
    wait_until("it is told", || ready().contains("is valid from"));
    fs::remove_file(&key).unwrap();
    wait_until("it is told", || ready().contains("cannot be read"));
    assert_eq!(shown(&running.token, &client), der(&old));
    write_private(&key, &new.key);
    fs::write(&certificate, &new.certificate).unwrap();
    wait_until("it is taken", || {
        shown(&running.token, &client) == der(&new)
    });
    wait_until("it is over", || {
        ready().contains("\"token_certificate\":\"ok\"")
    });
}

#[test]
fn a_certificate_that_ends_soon_or_has_ended_is_told() {
    let (workplace, authority) = (Workplace::migrated(), TestAuthority::new());
    for (number, (last, told)) in [(13, "ends on"), (-1, "has ended on")]
        .into_iter()
        .enumerate()
    {
        let pair = authority.pair_for(-90, last);
        pair.mount(&workplace.path().join("tls"), number.try_into().unwrap());
        let running = start(&workplace, "", "");
        let text = format!("the certificate of the token listener {told}");
        wait_until("it is told", || {
            send(&running.ops, "GET /readyz", "").contains(&text)
        });
        std::thread::sleep(Duration::from_secs(3));
        assert_eq!(log(&workplace).matches(&text).count(), 1);
    }
}

/// An authority is taken out because it is not to be trusted any more, whatever else is wrong.
#[test]
fn other_authorities_of_clients_are_taken_while_the_certificate_has_ended() {
    let (workplace, authority) = (Workplace::migrated(), TestAuthority::new());
    let ended = authority.pair_for(-9, -1);
    ended.mount(&workplace.path().join("tls"), 0);
    let (old, new) = (TestAuthority::new(), TestAuthority::new());
    let trusted = workplace.path().join("clients.crt");
    fs::write(&trusted, old.pem()).unwrap();
    let file = File::create(workplace.path().join("log")).unwrap();
    let wanted = "export WHARFINGER_OPS__TLS_CLIENT_CA=clients.crt";
    let running = spawn(
        &workplace,
        &format!("{}{wanted}", variables("ops")),
        file,
        "",
    );
    let is_answered = |clients: &TestAuthority| {
        let client = late(&authority.client(Some(&clients.pair()), &[]));
        ask_tls(&running.ops, &client, "/livez").is_ok_and(|reply| reply.ends_with("ok\n"))
    };
    wait_until("clients of the old one are answered", || is_answered(&old));
    assert!(!is_answered(&new));
    fs::write(&trusted, new.pem()).unwrap();
    wait_until("clients of the new one are answered", || is_answered(&new));
    assert!(!is_answered(&old));
}

#[test]
fn a_kept_connection_ends_with_the_authority_of_its_client() {
    let (workplace, authority) = workplace();
    let (old, new) = (TestAuthority::new(), TestAuthority::new());
    let trusted = workplace.path().join("clients.crt");
    fs::write(&trusted, old.pem()).unwrap();
    let file = File::create(workplace.path().join("log")).unwrap();
    let wanted = "export WHARFINGER_OPS__TLS_CLIENT_CA=clients.crt";
    let before = format!("{}{wanted}", variables("ops"));
    let running = spawn(&workplace, &before, file, "");
    let client = authority.client(Some(&old.pair()), &[]);
    wait_until("it is ready", || {
        ask_tls(&running.ops, &client, "/readyz").is_ok_and(|reply| reply.contains("HTTP/1.1 200"))
    });
    let mut kept = connect(TcpStream::connect(&running.ops).unwrap(), &client);
    let mut answered = || {
        kept.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n")?;
        let mut text = Vec::new();
        while !text.ends_with(b"ok\n") {
            let mut part = [0; 1024];
            match kept.read(&mut part)? {
                0 => return Ok(false),
                count => text.extend_from_slice(&part[..count]),
            }
        }
        std::io::Result::Ok(true)
    };
    // Another certificate of the listener's own concerns no client.
    authority.pair().mount(&workplace.path().join("tls"), 1);
    wait_until("the certificate is taken", || {
        log(&workplace).contains("has a new certificate")
    });
    assert!(answered().unwrap());
    fs::write(&trusted, new.pem()).unwrap();
    wait_until("its client is not answered", || {
        !answered().unwrap_or(false)
    });
    assert!(ask_tls(&running.ops, &client, "/livez").is_err());
}

/// 200 clients say nothing, or begin and never go on.
#[test]
fn clients_that_stall_in_a_handshake_hold_up_nobody_and_are_given_up() {
    let (workplace, authority) = workplace();
    let more = "[connections]\nhandshake_timeout = \"4s\"\n";
    let running = start(&workplace, "", more);
    let begin = Instant::now();
    let mut stalled = Vec::new();
    for number in 0..200 {
        let mut stream = connect_from("127.0.0.1", &running.token);
        match number % 3 {
            0 => {}
            1 => stream.write_all(b"\x16").unwrap(),
            _ => stream
                .write_all(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
                .unwrap(),
        }
        stalled.push(stream);
    }
    let client = authority.client(None, &[]);
    while begin.elapsed() < Duration::from_secs(2) {
        let one = Instant::now();
        assert!(
            ask_tls(&running.token, &client, AUTH)
                .unwrap()
                .starts_with("HTTP/1.1 200")
        );
        assert!(
            one.elapsed() < Duration::from_secs(1),
            "{:?}",
            one.elapsed()
        );
    }
    assert!(metric(&running, "wharfinger_connections{listener=\"token\"}") >= 200);
    wait_until("they are given up", || {
        metric(&running, "wharfinger_connections{listener=\"token\"}") == 0
    });
    let took = begin.elapsed();
    assert!(
        took > Duration::from_secs(3) && took < Duration::from_secs(9),
        "{took:?}"
    );
    // The ops listener, which has no TLS here, is as it was.
    assert_eq!(
        ask(TcpStream::connect(&running.ops).unwrap(), "/readyz").0,
        200
    );
}

#[test]
fn each_step_of_a_connection_with_tls_has_its_time() {
    let (workplace, authority) = workplace();
    let more =
        "[connections]\nheader_timeout = \"1s\"\nidle_timeout = \"2s\"\nwrite_timeout = \"1s\"\n";
    let running = start(&workplace, "", more);
    let client = authority.client(None, &[]);
    let open = || connect(TcpStream::connect(&running.token).unwrap(), &client);
    let lasted = |mut stream: super::certificates::TlsClient, drip: &str| {
        let begin = Instant::now();
        stream
            .sock
            .set_read_timeout(Some(Duration::from_millis(100)))
            .unwrap();
        let mut part = [0; 4096];
        let is_ended_by_tls = loop {
            let _ = stream
                .write_all(drip.as_bytes())
                .and_then(|()| stream.flush());
            match stream.read(&mut part) {
                Ok(0) => break true,
                Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => break false,
                Ok(_) | Err(_) => {}
            }
            assert!(begin.elapsed() < Duration::from_secs(20), "it is kept");
        };
        (begin.elapsed().as_millis(), is_ended_by_tls)
    };
    let (fresh, _) = lasted(open(), "");
    assert!((900..1900).contains(&fresh), "{fresh}");
    let mut dripping = open();
    dripping.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    let (dripping, _) = lasted(dripping, "x: y\r\n");
    assert!((800..1900).contains(&dripping), "{dripping}");
    let mut idle = open();
    idle.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n")
        .unwrap();
    let (idle, is_ended_by_tls) = lasted(idle, "");
    assert!((1900..3500).contains(&idle), "{idle}");
    // All replies are whole, and nobody cut the connection (RFC 8446, section 6.1).
    assert!(is_ended_by_tls);
    // Nothing of the replies is read.
    let mut deaf = connect(connect_with("127.0.0.1", &running.token, 2048), &client);
    deaf.flush().unwrap();
    deaf.sock
        .set_write_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    let begin = Instant::now();
    let requests = "GET /.well-known/jwks.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(100);
    while metric(&running, "wharfinger_connections{listener=\"token\"}") > 0 {
        let _ = deaf.write(requests.as_bytes());
        assert!(begin.elapsed() < Duration::from_secs(15), "it is kept");
    }
}

/// As without TLS.
#[test]
fn stops_under_load_reset_no_connection_with_tls() {
    let (workplace, authority) = workplace();
    let client = authority.client(None, &[]);
    let (mut answered, mut broken) = (0, Vec::new());
    for _ in 0..3 {
        let mut running = start(&workplace, "", "[shutdown]\ndelay = \"200ms\"\n");
        let over = Arc::new(AtomicBool::new(false));
        let clients: Vec<_> = (0..6)
            .map(|number| {
                let (over, token) = (Arc::clone(&over), running.token.clone());
                let client = Arc::clone(&client);
                let connect = move || Ok(connect(TcpStream::connect(&token)?, &client));
                std::thread::spawn(move || keep_asking(connect, number % 2 == 0, &over))
            })
            .collect();
        std::thread::sleep(Duration::from_millis(500));
        assert_eq!(running.stop().0, Some(0));
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
