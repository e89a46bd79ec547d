//! A database that refuses connections, or takes them and never answers.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use secrecy::SecretString;
use wharfinger::storage::{Db, StorageError};

/// The error of a command that opens the database, its causes, and the time it took.
async fn opened(scheme: &str, port: u16) -> (String, Duration) {
    let url = format!("{scheme}://someone:hidden-secret@127.0.0.1:{port}/wharfinger");
    let begin = Instant::now();
    let error: StorageError = Db::open(&SecretString::from(url), 2).await.unwrap_err();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    assert!(
        !text.contains("hidden-secret") && !text.contains("someone"),
        "{text}"
    );
    (text, begin.elapsed())
}

#[tokio::test]
async fn a_database_that_refuses_is_named_at_once_with_its_host_and_port() {
    for scheme in ["postgres", "mysql"] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let (said, took) = opened(scheme, port).await;
        assert!(
            said.contains(&format!("127.0.0.1:{port}: Connection refused")),
            "{said}"
        );
        assert!(took < Duration::from_secs(1), "{took:?}");
    }
}

#[tokio::test]
async fn a_database_that_never_answers_is_given_up_after_two_seconds() {
    for scheme in ["postgres", "mysql"] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (said, took) = opened(scheme, port).await;
        assert!(
            said.contains(&format!("127.0.0.1:{port}: no answer within 2 s")),
            "{said}"
        );
        assert!(took < Duration::from_secs(3), "{took:?}");
    }
}

/// PostgreSQL's refusal of each connection; returns its port.
pub(crate) fn postgresql_that_refuses(code: &'static str, why: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            // The client may go away at any time.
            let _ = connection.and_then(|connection| refuse(connection, code, why));
        }
    });
    port
}

fn refuse(mut connection: TcpStream, code: &str, why: &str) -> std::io::Result<()> {
    const ASKS_FOR_TLS: [u8; 4] = 80_877_103_u32.to_be_bytes();
    loop {
        let mut length = [0; 4];
        connection.read_exact(&mut length)?;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap();
        let mut message = vec![0; length - 4];
        connection.read_exact(&mut message)?;
        if message != ASKS_FOR_TLS {
            break;
        }
        connection.write_all(b"N")?;
    }
    let fields = format!("SFATAL\0VFATAL\0C{code}\0M{why}\0Fproc.c\0L355\0\0");
    let length = u32::try_from(fields.len() + 4).unwrap().to_be_bytes();
    connection.write_all(&[b"E", &length[..], fields.as_bytes()].concat())
}

/// Both may be over in a moment, so they are tried again until the time for a connection ends.
#[tokio::test]
async fn a_refusal_that_may_be_over_soon_is_told_when_the_time_ends() {
    for (code, why) in [
        ("53300", "too many connections for role \"someone\""),
        ("57P03", "the database system is shutting down"),
    ] {
        let port = postgresql_that_refuses(code, why);
        let url = format!("postgres://anyone:hidden-secret@127.0.0.1:{port}/wharfinger");
        let begin = Instant::now();
        let error = Db::open(&SecretString::from(url), 2).await.unwrap_err();
        assert!(error.is_unreachable(), "{error}");
        let expected = format!(
            "cannot use the database 127.0.0.1:{port}: no answer within 2 s; it takes no new connection: {why}"
        );
        assert_eq!(error.to_string(), expected);
        let took = begin.elapsed();
        assert!(
            Duration::from_secs(1) < took && took < Duration::from_secs(3),
            "{took:?}"
        );
    }
}
