//! A mail server in a thread, as far as RFC 5321 needs it.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A mail that came.
#[derive(Debug, Clone)]
pub(crate) struct ReceivedMail {
    pub(super) from: String,
    pub(super) to: Vec<String>,
    /// Head and body, with `\n` at the ends of lines.
    pub(super) text: String,
}

#[derive(Default)]
struct Office {
    mails: Vec<ReceivedMail>,
    /// The answers to the next commands that begin with a word.
    answers: VecDeque<(&'static str, String)>,
    /// The word of the commands that get no answer.
    unanswered: Option<&'static str>,
    /// The commands that came.
    commands: Vec<String>,
}

/// A mail server that takes everything, unless something else is said.
pub(crate) struct Mailbox {
    pub(crate) port: u16,
    office: Arc<Mutex<Office>>,
}

impl Mailbox {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let office: Arc<Mutex<Office>> = Arc::default();
        let mailbox = Self {
            port: listener.local_addr().unwrap().port(),
            office: Arc::clone(&office),
        };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let office = Arc::clone(&office);
                std::thread::spawn(move || converse(stream, &office));
            }
        });
        mailbox
    }

    /// Answers the next recipient like that.
    pub(crate) fn answer(&self, answer: &str) {
        self.answer_to("RCPT", answer);
    }

    /// Answers the next command with that word like that.
    pub(super) fn answer_to(&self, word: &'static str, answer: &str) {
        let mut office = self.office.lock().unwrap();
        office.answers.push_back((word, answer.to_owned()));
    }

    /// Says nothing to commands with that word from now on, and keeps the connection.
    pub(super) fn leave_unanswered(&self, word: &'static str) {
        self.office.lock().unwrap().unanswered = Some(word);
    }

    /// The mails since the last time.
    pub(crate) fn take(&self) -> Vec<ReceivedMail> {
        std::mem::take(&mut self.office.lock().unwrap().mails)
    }

    /// All commands that came.
    pub(super) fn commands(&self) -> Vec<String> {
        self.office.lock().unwrap().commands.clone()
    }
}

/// None when the other side ends the conversation.
fn converse(stream: TcpStream, office: &Mutex<Office>) -> Option<()> {
    let mut writer = stream.try_clone().ok()?;
    let mut reader = BufReader::new(stream);
    let mut say = |text: &str| writer.write_all(format!("{text}\r\n").as_bytes()).ok();
    say("220 mail.example.com")?;
    let mut mail = ReceivedMail {
        from: String::new(),
        to: Vec::new(),
        text: String::new(),
    };
    loop {
        let command = line(&mut reader)?;
        office.lock().unwrap().commands.push(command.clone());
        let word = command.split([' ', ':']).next()?.to_ascii_uppercase();
        if office.lock().unwrap().unanswered == Some(word.as_str()) {
            continue;
        }
        if let Some(answer) = answer_to(&word, office) {
            say(&answer)?;
            continue;
        }
        match word.as_str() {
            "EHLO" => say("250-mail.example.com\r\n250 8BITMIME")?,
            "MAIL" => {
                mail.from = between(&command);
                say("250 OK")?;
            }
            "RCPT" => {
                mail.to.push(between(&command));
                say("250 OK")?;
            }
            "DATA" => {
                say("354 go on")?;
                loop {
                    let line = line(&mut reader)?;
                    if line == "." {
                        break;
                    }
                    mail.text += &line;
                    mail.text.push('\n');
                }
                office.lock().unwrap().mails.push(mail.clone());
                say("250 OK")?;
            }
            "QUIT" => {
                say("221 bye")?;
                return None;
            }
            _ => say("502 unknown")?,
        }
    }
}

/// The answer that the next command with that word is to get.
fn answer_to(word: &str, office: &Mutex<Office>) -> Option<String> {
    let answers = &mut office.lock().unwrap().answers;
    let place = answers.iter().position(|(other, _)| *other == word)?;
    answers.remove(place).map(|(_, answer)| answer)
}

fn line(reader: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    let length = reader.read_line(&mut line).ok()?;
    (length > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned())
}

/// The address in a command.
fn between(command: &str) -> String {
    let (_, rest) = command.split_once('<').unwrap();
    rest.split('>').next().unwrap().to_owned()
}
