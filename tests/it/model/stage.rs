//! The services, which share one database and one folder of keys, and the doors by which changes are made.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use serde_json::Value;
use tokio::runtime::Runtime;
use wharfinger::app::members::{MemberChange, NewMember};
use wharfinger::app::{Desk, DeskError};
use wharfinger::config::{Config, Sources};
use wharfinger::domain::authority::Authority;
use wharfinger::domain::expiry::Expiry;
use wharfinger::domain::ids::UserId;
use wharfinger::domain::members::access_level::AccessLevel;
use wharfinger::domain::namespaces::reference::NamespaceReference;
use wharfinger::server::open_desk;

use super::world::Moment;
use crate::cli::Workplace;
use crate::cli::running::{Running, launch, start_with};

/// The registry that all tokens are for.
pub(super) const SERVICE: &str = "container_registry";
/// The most refresh tokens of a user, as the services are configured.
pub(super) const MOST_REFRESH_TOKENS: usize = 3;

/// The services and the command line.
pub(super) struct Stage {
    pub(super) replicas: Vec<Replica>,
    command_line: Workplace,
    /// What is behind the commands, for what they cannot say.
    desk: Desk,
    runtime: Runtime,
    /// An administrator's token.
    root: String,
    clock: Clock,
}

/// One service.
pub(super) struct Replica {
    running: Mutex<Running>,
    token: String,
    admin: String,
    /// Held while it makes a change or stands still, so that it does not stop in the middle of a change.
    turn: Mutex<()>,
    workplace: Workplace,
}

/// What is special about a service.
#[derive(Debug, Clone, Copy)]
pub(super) enum Nature {
    /// Nothing: whatever is not current is refused, so that no answer may be older than a second.
    Plain,
    /// It asks the database each time.
    WithoutCopies,
    /// It goes on with older copies if the database is away, which it never is.
    ServesStale,
}

/// The way in which a change is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    Replica(usize),
    CommandLine,
}

/// The two ways to make the same change.
pub(super) struct Call<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) body: Value,
    /// The words of the command.
    pub(super) command: &'a [&'a str],
}

/// What a change said, and when it was made.
#[derive(Clone)]
pub(super) struct Done {
    pub(super) reply: Value,
    pub(super) sent: Moment,
    pub(super) acknowledged: Moment,
}

/// A request of a registry's client.
pub(super) struct TokenRequest {
    line: String,
    head: String,
    body: String,
}

/// A clock that does not jump, and shows Unix time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    start: Instant,
    wall: Moment,
}

impl Clock {
    fn start() -> Self {
        Self {
            start: Instant::now(),
            wall: unix_time(),
        }
    }

    pub(super) fn now(&self) -> Moment {
        self.wall + micros(self.start.elapsed())
    }

    /// The time by which it differs from the system's, which may have been set.
    pub(super) fn error(&self) -> Moment {
        (self.now() - unix_time()).abs()
    }
}

fn micros(duration: Duration) -> Moment {
    duration.as_micros().try_into().unwrap()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the services have no other clock"
)]
pub(super) fn unix_time() -> Moment {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    micros(since.unwrap())
}

impl Stage {
    /// Starts services of these natures on an empty database at `url`, or on a new SQLite file.
    pub(super) fn set(natures: &[Nature], url: Option<&str>) -> Self {
        let command_line = Workplace::empty();
        let folder = command_line.path().display();
        let url = url.map_or_else(
            || format!("sqlite://{folder}/wharfinger.db?mode=rwc"),
            str::to_owned,
        );
        // Those who ask fail often.
        let configured = |lines: &str| {
            format!(
                "[database]\nurl = \"{url}\"\n{lines}[keys]\ndirectory = \"{folder}/keys\"\n\
             [refresh_tokens]\nmax_per_user = {MOST_REFRESH_TOKENS}\n[failed_logins]\nexempt = [\"127.0.0.1\"]\n"
            )
        };
        std::fs::write(command_line.path().join("wharfinger.toml"), configured("")).unwrap();
        let replicas = natures.iter().map(|nature| {
            let workplace = Workplace::empty();
            let running = start_with(&workplace, "log", &configured(nature.lines()));
            Replica {
                token: running.token.clone(),
                admin: running.admin.clone(),
                running: Mutex::new(running),
                turn: Mutex::default(),
                workplace,
            }
        });
        let replicas = replicas.collect();
        let arguments = ["--user", "admin", "--name", "root", "--scope", "api"];
        let root = command_line.ok(&[&["token", "create"], &arguments[..]].concat());
        let runtime = Runtime::new().unwrap();
        let sources = Sources {
            file: Some(command_line.path().join("wharfinger.toml")),
            ..Sources::default()
        };
        let desk = runtime.block_on(open_desk(&Config::load(&sources).unwrap()));
        Self {
            desk: desk.unwrap(),
            runtime,
            replicas,
            root: root.trim().to_owned(),
            command_line,
            clock: Clock::start(),
        }
    }

    pub(super) fn clock(&self) -> Clock {
        self.clock
    }

    /// Makes a change. Whoever is told to come back later does so.
    pub(super) fn make(&self, door: Door, call: &Call<'_>) -> Done {
        self.make_as(&self.root, door, call)
    }

    /// The same with another token.
    pub(super) fn make_as(&self, token: &str, door: Door, call: &Call<'_>) -> Done {
        let sent = self.clock.now();
        let reply = match door {
            Door::CommandLine => {
                let text = self.command_line.ok(&[&["--json"], call.command].concat());
                read(&text)
            }
            Door::Replica(number) => {
                let (status, body) = self.insist(token, number, call);
                assert!(
                    (200..300).contains(&status),
                    "{} {} {}: {status} {body}",
                    call.method,
                    call.path,
                    call.body
                );
                read(&body)
            }
        };
        let acknowledged = self.clock.now();
        Done {
            reply,
            sent,
            acknowledged,
        }
    }

    /// Gives a role that ends at that moment.
    pub(super) fn give_role(
        &self,
        (path, user): (&str, i64),
        level: AccessLevel,
        end: Moment,
    ) -> Done {
        let end = DateTime::from_timestamp_micros(end).unwrap();
        let new = NewMember {
            namespace: NamespaceReference::shared(path.try_into().unwrap()),
            user: UserId(user).into(),
            level,
            expiry: Some(Expiry::at(end)),
        };
        let sent = self.clock.now();
        let operator = Authority::operator();
        let (place, expiry) = (new.namespace.clone(), new.expiry);
        let given = self.runtime.block_on(self.desk.add_member(&operator, new));
        if matches!(given, Err(DeskError::AlreadyMember)) {
            let wanted = MemberChange {
                level: Some(level),
                expiry: Some(expiry),
            };
            let (desk, user) = (&self.desk, UserId(user));
            let changed = desk.change_member(&operator, &place, user, wanted);
            self.runtime.block_on(changed).unwrap();
        } else {
            given.unwrap();
        }
        Done {
            reply: Value::Null,
            sent,
            acknowledged: self.clock.now(),
        }
    }

    /// Logs a user in whose client asks for a refresh token.
    pub(super) fn log_in(
        &self,
        number: usize,
        (name, password): (&str, &str),
        is_post: bool,
    ) -> Done {
        let service = ("service", SERVICE);
        let request = if is_post {
            TokenRequest::post(&[
                ("grant_type", "password"),
                ("username", name),
                ("password", password),
                ("access_type", "offline"),
                service,
            ])
        } else {
            let asked = [service, ("offline_token", "true")];
            TokenRequest::get(&asked, Some((name, password)))
        };
        let replica = &self.replicas[number];
        let _turn = replica.turn();
        for _ in 0..20 {
            let sent = self.clock.now();
            let (status, body) = replica.ask(&request).unwrap();
            let acknowledged = self.clock.now();
            if status == 200 {
                return Done {
                    reply: serde_json::from_str(&body).unwrap(),
                    sent,
                    acknowledged,
                };
            }
            assert_eq!(status, 503, "{name} logs in: {body}");
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("{name} is told to come back later, again and again");
    }

    /// The status and the body of a reply of the admin API, once it is not 503.
    pub(super) fn insist(&self, token: &str, number: usize, call: &Call<'_>) -> (u16, String) {
        let replica = &self.replicas[number];
        let _turn = replica.turn();
        let body = call.body.to_string();
        let head = format!(
            "private-token: {token}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
            body.len()
        );
        let request = format!("{} /api/v4{}", call.method, call.path);
        for _ in 0..20 {
            let reply = exchange(&replica.admin, &request, &head, &body).unwrap();
            if reply.0 != 503 {
                return reply;
            }
            super::say(&format!(
                "{request} {body} by replica {number} is told to come back at {}: {}",
                self.clock.now() % 1_000_000_000,
                reply.1
            ));
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("{request} is told to come back later, again and again");
    }
}

impl Nature {
    /// Its lines of configuration about the database.
    fn lines(self) -> &'static str {
        match self {
            Self::Plain => "serve_stale_for = \"0s\"\n",
            Self::WithoutCopies => "cache_megabytes = 0\n",
            Self::ServesStale => "serve_stale_for = \"60s\"\n",
        }
    }
}

impl Replica {
    /// The status and the body of a reply of the token endpoint, or none if there was no reply.
    pub(super) fn ask(&self, request: &TokenRequest) -> Option<(u16, String)> {
        let TokenRequest { line, head, body } = request;
        exchange(&self.token, line, head, body).ok()
    }

    /// Stands still for that long.
    pub(super) fn pause(&self, duration: Duration) {
        let _turn = self.turn();
        let running = self.running.lock().unwrap();
        running.signal("-STOP");
        std::thread::sleep(duration);
        running.signal("-CONT");
    }

    /// Is killed, and begins anew.
    pub(super) fn restart(&self) {
        let _turn = self.turn();
        let mut running = self.running.lock().unwrap();
        running.child.kill().unwrap();
        running.child.wait().unwrap();
        for _ in 0..5 {
            let log = self.workplace.path().join("log");
            let log = File::options().append(true).open(log).unwrap();
            running.child = launch(&self.workplace, "", log);
            if running.becomes_ready() {
                return;
            }
            // Its port may be somebody else's for a moment.
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("a service that was killed does not start again");
    }

    /// True if it stands still or makes a change.
    pub(super) fn is_busy(&self) -> bool {
        self.turn.try_lock().is_err()
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap()
    }
}

impl TokenRequest {
    pub(super) fn get(asked: &[(&str, &str)], basic: Option<(&str, &str)>) -> Self {
        let head = basic.map(|(name, secret)| {
            let basic = STANDARD.encode(format!("{name}:{secret}"));
            format!("authorization: Basic {basic}\r\n")
        });
        Self {
            line: format!("GET /jwt/auth?{}", encoded(asked)),
            head: head.unwrap_or_default(),
            body: String::new(),
        }
    }

    pub(super) fn post(form: &[(&str, &str)]) -> Self {
        let body = encoded(form);
        Self {
            line: "POST /jwt/auth".to_owned(),
            head: format!(
                "content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n",
                body.len()
            ),
            body,
        }
    }
}

fn encoded(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}

/// Sends a request on a connection of its own, and reads the status and the body of the reply.
fn exchange(
    address: &str,
    request: &str,
    head: &str,
    body: &str,
) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let all = format!("{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{head}\r\n{body}");
    stream.write_all(all.as_bytes())?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let status = status.ok_or(std::io::ErrorKind::UnexpectedEof)?;
    Ok((status, body.to_owned()))
}

/// The JSON of a reply, if it says anything.
fn read(reply: &str) -> Value {
    if reply.trim().is_empty() {
        return Value::Null;
    }
    serde_json::from_str(reply).unwrap_or_else(|error| panic!("{error}: {reply}"))
}
