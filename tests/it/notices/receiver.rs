//! A receiver of webhooks, in a thread.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

/// A message that came, with its head.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) request_line: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Message {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// The messages that came, and the answers to the next ones.
#[derive(Default)]
struct Desk {
    messages: Vec<Message>,
    answers: VecDeque<String>,
    /// The time that it takes to answer.
    hesitation: Duration,
}

/// A receiver that keeps what it gets and answers 204, unless something else is said.
pub(crate) struct Receiver {
    address: SocketAddr,
    desk: Arc<Mutex<Desk>>,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        Self::at("127.0.0.1:0")
    }

    /// The same on an address that is known before.
    pub(crate) fn at(address: &str) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let desk: Arc<Mutex<Desk>> = Arc::default();
        let receiver = Self {
            address: listener.local_addr().unwrap(),
            desk: Arc::clone(&desk),
        };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serve(stream, &desk);
            }
        });
        receiver
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook?for=wharf", self.address)
    }

    /// Answers the next message with this status line and head.
    pub(crate) fn answer(&self, head: &str) {
        let mut desk = self.desk.lock().unwrap();
        desk.answers.push_back(head.to_owned());
    }

    /// Takes so long from now on before it answers.
    pub(crate) fn hesitate(&self, time: Duration) {
        self.desk.lock().unwrap().hesitation = time;
    }

    /// The messages since the last time.
    pub(crate) fn take(&self) -> Vec<Message> {
        std::mem::take(&mut self.desk.lock().unwrap().messages)
    }
}

fn serve(mut stream: TcpStream, desk: &Mutex<Desk>) {
    let Some(message) = read(&stream) else {
        return;
    };
    let mut desk = desk.lock().unwrap();
    desk.messages.push(message);
    let answer = desk.answers.pop_front();
    let answer = answer.unwrap_or_else(|| "204 No Content".to_owned());
    let hesitation = desk.hesitation;
    drop(desk);
    std::thread::sleep(hesitation);
    let _ = write!(stream, "HTTP/1.1 {answer}\r\nconnection: close\r\n\r\n");
}

/// The message on a connection; none if it ends before.
pub(super) fn read(stream: impl Read) -> Option<Message> {
    let mut reader = BufReader::new(stream);
    let mut line = || {
        let mut line = String::new();
        let length = reader.read_line(&mut line).ok()?;
        (length > 0).then(|| line.trim_end().to_owned())
    };
    let request_line = line()?;
    let mut headers = BTreeMap::new();
    loop {
        let header = line()?;
        let Some((name, value)) = header.split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length")?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Message {
        request_line,
        headers,
        body: String::from_utf8(body).unwrap(),
    })
}
