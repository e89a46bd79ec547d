//! A client that knows whether its request can have begun.

use std::io::{Error, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Longer than anything that the service promises.
const PATIENCE: Duration = Duration::from_secs(40);

/// What became of a request.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Nobody took the connection: nothing was begun.
    NotSent,
    /// The connection ended before the whole answer: whether anything was done is not known.
    Broken(#[expect(dead_code, reason = "a failed test shows it")] Error),
    Answered {
        status: u16,
        body: String,
        took: Duration,
    },
}

impl Outcome {
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Answered { status, .. } => *status,
            Self::NotSent | Self::Broken(_) => 0,
        }
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        match self {
            Self::Answered { body, .. } => serde_json::from_str(body).unwrap_or_default(),
            Self::NotSent | Self::Broken(_) => serde_json::Value::Null,
        }
    }
}

/// One client: with a connection of its own for each request, or one that is kept.
pub(crate) struct Client {
    address: String,
    is_keeping: bool,
    kept: Option<TcpStream>,
}

impl Client {
    pub(crate) fn new(address: &str, is_keeping: bool) -> Self {
        Self {
            address: address.to_owned(),
            is_keeping,
            kept: None,
        }
    }

    /// Sends a request, whose head is the method and path and more lines, and whose body may be a form.
    pub(crate) fn send(&mut self, request: &str, more: &str, form: &str) -> Outcome {
        let begin = Instant::now();
        let opened = self
            .kept
            .take()
            .map_or_else(|| TcpStream::connect(&self.address), Ok);
        let Ok(mut stream) = opened else {
            return Outcome::NotSent;
        };
        let close = if self.is_keeping {
            ""
        } else {
            "connection: close\r\n"
        };
        let (length, kind) = match form.len() {
            0 => (0, ""),
            length => (
                length,
                "content-type: application/x-www-form-urlencoded\r\n",
            ),
        };
        let head = format!(
            "{request} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n{kind}{close}{more}\r\n{form}"
        );
        let reply = stream
            .set_read_timeout(Some(PATIENCE))
            .and_then(|()| stream.write_all(head.as_bytes()))
            .and_then(|()| one_reply(&mut stream));
        match reply {
            Err(error) => Outcome::Broken(error),
            Ok((head, body)) => {
                if self.is_keeping && !head.to_lowercase().contains("connection: close") {
                    self.kept = Some(stream);
                }
                Outcome::Answered {
                    status: head.split(' ').nth(1).unwrap().parse().unwrap(),
                    body,
                    took: begin.elapsed(),
                }
            }
        }
    }
}

/// Sends one request on a connection of its own.
pub(crate) fn ask(address: &str, request: &str, more: &str) -> Outcome {
    Client::new(address, false).send(request, more, "")
}

/// Asks for a registry token, as the caller that the lines name.
pub(crate) fn auth(address: &str, scope: &str, more: &str) -> Outcome {
    let scope = if scope.is_empty() {
        String::new()
    } else {
        format!("&scope={scope}")
    };
    let path = format!("/jwt/auth?service=container_registry{scope}");
    ask(address, &format!("GET {path}"), more)
}

/// The line with a user's name and secret.
pub(crate) fn basic(name: &str, secret: &str) -> String {
    let login = STANDARD.encode(format!("{name}:{secret}"));
    format!("authorization: Basic {login}\r\n")
}

/// Reads a head, and the body whose length it says.
fn one_reply(stream: &mut TcpStream) -> std::io::Result<(String, String)> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                let is_length = name.eq_ignore_ascii_case("content-length");
                is_length.then(|| value.trim().parse::<usize>().ok())?
            });
            if length.unwrap_or(0) <= body.len() {
                return Ok((head.to_owned(), body.to_owned()));
            }
        }
        let mut part = [0; 4096];
        match stream.read(&mut part) {
            Ok(0) => return Err(Error::new(ErrorKind::UnexpectedEof, "closed too early")),
            Ok(count) => bytes.extend_from_slice(&part[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
