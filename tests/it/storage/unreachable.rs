//! A database that refuses connections, or takes them and never answers.

use std::error::Error;
use std::net::TcpListener;
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
