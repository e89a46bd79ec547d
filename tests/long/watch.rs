//! Clients that do the same all the time, and note every answer with its times.

use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::harness::{End, Outcome, ask, auth, basic};

/// The kinds of requests that are watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A group is made.
    Change,
    /// Groups are listed.
    List,
    /// A registry token is asked for, with an access token.
    Token,
    /// The same, for a repository that nobody asked for before.
    Unknown,
    /// The same without any credential.
    Stranger,
}

impl Asked {
    /// True if no copy answers it.
    pub(crate) fn is_cold(self) -> bool {
        matches!(self, Self::Unknown | Self::Stranger)
    }
}

/// One answer, and when it was asked for.
#[derive(Clone)]
pub(crate) struct Seen {
    pub(crate) asked: Asked,
    begin: Instant,
    end: Instant,
    pub(crate) status: u16,
}

/// All answers of one watch.
pub(crate) struct Log(Vec<Seen>);

/// The clients of a service.
pub(crate) struct Watch {
    token: String,
    admin: String,
    /// The line with an administrator's token.
    header: String,
}

/// Numbers the groups that watches make.
static MADE: AtomicUsize = AtomicUsize::new(0);

impl Watch {
    pub(crate) fn new(token: &str, admin: &str, secret: &str) -> Self {
        Self {
            token: token.to_owned(),
            admin: admin.to_owned(),
            header: format!("private-token: {}\r\n", secret.trim()),
        }
    }

    /// Asks without end while `misfortune` happens: with so many clients of each of these kinds.
    pub(crate) fn during(&self, kinds: &[(Asked, usize)], misfortune: impl FnOnce()) -> Log {
        let (over, all) = (AtomicBool::new(false), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for &(asked, clients) in kinds {
                for _ in 0..clients {
                    let (over, all) = (&over, &all);
                    scope.spawn(move || {
                        while !over.load(Ordering::SeqCst) {
                            let seen = self.one(asked);
                            all.lock().unwrap().push(seen);
                            std::thread::sleep(Duration::from_millis(10));
                        }
                    });
                }
            }
            let _end = End(&over);
            misfortune();
        });
        Log(all.into_inner().unwrap())
    }

    /// The line with the administrator's login at the token listener.
    fn login(&self) -> String {
        let secret = self.header.split(": ").nth(1).unwrap();
        basic("admin", secret.trim())
    }

    pub(crate) fn one(&self, asked: Asked) -> Seen {
        let begin = Instant::now();
        let answer = match asked {
            Asked::Change => {
                let made = MADE.fetch_add(1, Ordering::SeqCst);
                let request = format!("POST /api/v4/groups?name=watched{made}&path=watched{made}");
                ask(&self.admin, &request, &self.header)
            }
            Asked::List => ask(&self.admin, "GET /api/v4/groups", &self.header),
            Asked::Token => auth(&self.token, "", &self.login()),
            Asked::Unknown => auth(&self.token, &unknown(), &self.login()),
            Asked::Stranger => auth(&self.token, &unknown(), ""),
        };
        Seen {
            asked,
            begin,
            end: Instant::now(),
            status: match answer {
                Outcome::Answered { status, .. } => status,
                Outcome::NotSent | Outcome::Broken(_) => 0,
            },
        }
    }
}

/// The scope of a repository that nobody asked for before.
fn unknown() -> String {
    let made = MADE.fetch_add(1, Ordering::SeqCst);
    format!("repository:nowhere{made}/app:pull")
}

impl Seen {
    /// True if it was asked for after the first of these instants, and answered before the second.
    pub(crate) fn is_between(&self, from: Instant, to: Instant) -> bool {
        self.begin > from && self.end < to
    }

    pub(crate) fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(crate) fn took(&self) -> Duration {
        self.end - self.begin
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} {} after {:?}",
            self.asked,
            self.status,
            self.took()
        )
    }
}

impl Log {
    /// The answers to what was asked between two instants, or was still open at the first.
    pub(crate) fn between(&self, from: Instant, to: Instant) -> Vec<&Seen> {
        let all = self.0.iter();
        all.filter(|seen| seen.end > from && seen.begin < to)
            .collect()
    }

    /// The answers that are neither good nor 503.
    pub(crate) fn odd(&self) -> Vec<&Seen> {
        let all = self.0.iter();
        all.filter(|seen| !seen.is_good() && seen.status != 503)
            .collect()
    }

    /// How long it took from an instant on until a request of that kind that came later had a good answer.
    pub(crate) fn recovered(&self, asked: Asked, from: Instant) -> Duration {
        let later = self
            .0
            .iter()
            .filter(|seen| seen.asked == asked && seen.begin >= from);
        let good = later.filter(|seen| seen.is_good()).map(|seen| seen.end);
        match good.min() {
            Some(first) => first - from,
            None => panic!("{asked:?} did not recover"),
        }
    }
}

/// The answer that took longest after the later of its request and that instant, and how long.
pub(crate) fn longest<'a>(seen: &[&'a Seen], from: Instant) -> (Duration, &'a Seen) {
    let times = seen
        .iter()
        .map(|seen| (seen.end - seen.begin.max(from), *seen));
    times.max_by_key(|(took, _)| *took).unwrap()
}
