//! Databases that hang or refuse, behind a wire that goes silent and by SIGSTOP.

use std::time::{Duration, Instant};

use crate::Story;
use crate::harness::{Dice, Kind, Outcome, Relay, Server, ask};
use crate::running::{Running, spawn, start_with, within};
use crate::watch::{Asked, Log, Seen, Watch, longest};
use crate::work::{Crew, Numbers};
use crate::workplace::Workplace;

pub(crate) const STORIES: &[Story] = &[
    ("silence::postgresql_behind_a_wire_that_goes_silent", || {
        wire(Kind::Postgres);
    }),
    ("silence::mariadb_behind_a_wire_that_goes_silent", || {
        wire(Kind::Maria);
    }),
    ("silence::postgresql_during_a_start", || {
        during_a_start(Kind::Postgres);
    }),
    ("silence::mariadb_during_a_start", || {
        during_a_start(Kind::Maria);
    }),
    ("silence::postgresql_during_a_first_start", || {
        during_a_first_start(Kind::Postgres);
    }),
    ("silence::mariadb_during_a_first_start", || {
        during_a_first_start(Kind::Maria);
    }),
    ("silence::postgresql_that_is_stopped", || {
        stopped_server(Kind::Postgres);
    }),
    ("silence::mariadb_that_is_stopped", || {
        stopped_server(Kind::Maria);
    }),
];

/// The clients: more readers of lists than may read at a time, and more who ask for what is unknown than there are connections.
const ALL: [(Asked, usize); 5] = [
    (Asked::Change, 3),
    (Asked::List, 3),
    (Asked::Token, 3),
    (Asked::Unknown, 12),
    (Asked::Stranger, 12),
];
/// The 4 s of docs/operating.md for what waited for others, and what a loaded machine takes to say it.
const HANGING: Duration = Duration::from_secs(6);
/// The 2 s of docs/operating.md for a token of which nothing is known, and what a loaded machine takes to say it.
const COLD: Duration = Duration::from_millis(3500);
/// "At once", on a loaded machine.
const AT_ONCE: Duration = Duration::from_millis(1500);
/// The time for which the database is away.
const AWAY: Duration = Duration::from_secs(6);
/// The server ends by itself a change whose service is gone after 10 s: docs/operating.md.
const RECOVERY: Duration = Duration::from_secs(12);

/// The second within which the database is found again, on a loaded machine.
const FOUND: Duration = Duration::from_secs(2);
/// The longest stop with a connection that is dead, on a loaded machine.
const STOP: Duration = Duration::from_secs(10);
/// The starts during which the database falls silent.
const STARTS: usize = 10;

/// A service, and who uses it.
struct Scene {
    workplace: Workplace,
    running: Running,
    watch: Watch,
    crew: Crew,
    before: i64,
    url: String,
}

impl Scene {
    /// The service reaches its database at that port.
    fn start(server: &Server, port: u16) -> Self {
        let workplace = Workplace::empty();
        let configuration = format!("[database]\nurl = \"{}\"\n", server.url_at(port));
        let running = start_with(&workplace, "log", &configuration);
        let arguments = ["--user", "admin", "--name", "api", "--scope"];
        let arguments = [&["token", "create"], &arguments[..]].concat();
        let scopes = ["api", "--scope", "read_registry"];
        let secret = workplace.ok(&[&arguments[..], &scopes].concat());
        let seed = Dice::any_seed();
        Self {
            watch: Watch::new(&running.token, &running.admin, &secret),
            before: Numbers::without_gaps(&server.url()).counter,
            crew: Crew::start(2, &running.token, &running.admin, &secret, seed),
            workplace,
            running,
            url: server.url(),
        }
    }

    /// Lets everybody work while the database goes away and comes back; the times of both, and all answers.
    fn while_away(&mut self, leave: impl FnOnce(), back: impl FnOnce()) -> (Instant, Instant, Log) {
        let mut times = None;
        let (watch, running) = (&self.watch, &self.running);
        let log = self.crew.work_while(|| {
            watch.during(&ALL, || {
                std::thread::sleep(Duration::from_secs(1));
                let left = Instant::now();
                leave();
                std::thread::sleep(Duration::from_secs(1));
                is_told(running);
                std::thread::sleep(AWAY.saturating_sub(left.elapsed()));
                let returned = Instant::now();
                back();
                times = Some((left, returned));
                let limit = Duration::from_secs(30);
                within(limit, "it does not become ready again", || {
                    ask(&running.ops, "GET /readyz", "").status() == 200
                });
                std::thread::sleep(RECOVERY.saturating_sub(left.elapsed()));
                std::thread::sleep(Duration::from_secs(3));
            })
        });
        let (left, returned) = times.unwrap();
        assert_eq!(log.odd().len(), 0, "{:?}", log.odd());
        (left, returned, log)
    }

    /// Nothing acknowledged is lost, and every number has its event.
    fn check(
        &mut self,
        what: &str,
        (left, returned, log): &(Instant, Instant, Log),
        limit: Duration,
    ) {
        let seen = log.between(*left, *returned);
        let refused = seen.iter().filter(|seen| !seen.is_good()).count();
        let (longest, what_took) = longest(&seen, *left);
        let of_tokens = seen.iter().filter(|seen| seen.asked == Asked::Token);
        let (given, not_given): (Vec<&&Seen>, Vec<&&Seen>) =
            of_tokens.partition(|seen| seen.is_good());
        let recovered = ALL.map(|(asked, _)| log.recovered(asked, *returned));
        println!(
            "  {what}: {refused} times 503, the longest answer {longest:?} ({:?}); good again after {recovered:?} \
             (changes, lists, tokens, unknown ones, strangers'); {} tokens from copies",
            what_took.asked,
            given.len(),
        );
        // With a token that was asked for before: docs/operating.md.
        assert!(given.len() > 20 && not_given.is_empty(), "{not_given:?}");
        assert!(
            refused > 5 && longest < limit,
            "{refused}, {longest:?} for {what_took:?}"
        );
        no_cold_one_waits_long(&seen, (*left, *returned));
        let [changes, lists, cold @ ..] = recovered;
        assert!(changes < RECOVERY, "changes: {changes:?}");
        assert!(lists < Duration::from_secs(5), "lists: {lists:?}");
        for tokens in cold {
            assert!(tokens < FOUND, "tokens: {tokens:?}");
        }
        self.crew.check(false);
        assert_eq!(self.crew.wrong(), Vec::<&str>::new());
        assert!(Numbers::without_gaps(&self.url).counter > self.before);
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.workplace.path().join("log")).unwrap()
    }
}

/// Requests that no copy answers are 503, and soon, however many ask.
fn no_cold_one_waits_long(seen: &[&Seen], (left, returned): (Instant, Instant)) {
    /// Requests that were on their way when the database went away.
    const ON_ITS_WAY: Duration = Duration::from_millis(200);
    let cold = seen.iter().filter(|seen| seen.asked.is_cold());
    let cold: Vec<&Seen> = cold.copied().collect();
    let (slowest, what) = longest(&cold, left);
    println!("  {} cold ones, the longest took {slowest:?}", cold.len());
    assert!(slowest < COLD, "{slowest:?} for {what:?}");
    let away = cold
        .iter()
        .filter(|seen| seen.is_between(left + ON_ITS_WAY, returned));
    let good: Vec<&&Seen> = away.filter(|seen| seen.is_good()).collect();
    assert!(good.is_empty(), "{good:?}");
}

/// `/readyz` of ops says what is wrong while `/livez` goes on.
fn is_told(running: &Running) {
    for listener in [&running.token, &running.admin, &running.ops] {
        let alive = ask(listener, "GET /livez", "");
        assert_eq!(alive.status(), 200, "{alive:?}");
    }
    let ready = ask(&running.ops, "GET /readyz", "");
    let Outcome::Answered { status, took, .. } = ready else {
        panic!("{ready:?}")
    };
    let storage = ready.json()["checks"]["storage"].to_string();
    assert_eq!(status, 503, "{ready:?}");
    assert!(took < HANGING, "{took:?}");
    assert!(
        storage.contains("no answer within 2 s") || storage.contains("Connection refused"),
        "{ready:?}"
    );
}

fn wire(kind: Kind) {
    let server = Server::start(kind);
    let mut relay = Relay::to(server.port);
    let mut scene = Scene::start(&server, relay.port);
    let away = scene.while_away(|| relay.fall_silent(), || relay.speak());
    scene.check("silent", &away, HANGING);
    let cut = std::sync::Mutex::new(&mut relay);
    let away = scene.while_away(
        || cut.lock().unwrap().refuse(),
        || cut.lock().unwrap().admit(),
    );
    scene.check("refused", &away, AT_ONCE);
    let why = format!("127.0.0.1:{}: Connection refused", relay.port);
    assert!(scene.log().contains(&why), "{why} is not in the log");
    assert_eq!(scene.running.stop().0, Some(0));
}

fn stopped_server(kind: Kind) {
    let server = Server::start(kind);
    let mut scene = Scene::start(&server, server.port);
    let away = scene.while_away(|| server.signal("-STOP"), || server.signal("-CONT"));
    scene.check("stopped", &away, HANGING);
    assert_eq!(scene.running.stop().0, Some(0));
}

/// A start goes on when the database speaks again, or ends and says why: whatever starts services tries again then.
/// The schema is being made when the network falls silent for good: the start ends, and the next one finishes it.
fn during_a_first_start(kind: Kind) {
    let server = Server::start(kind);
    let relay = Relay::to(server.port);
    let configuration = format!("[database]\nurl = \"{}\"\n", server.url_at(relay.port));
    let workplace = Workplace::empty();
    let log = std::fs::File::create(workplace.path().join("log")).unwrap();
    let mut running = spawn(&workplace, "", log, &configuration);
    // Tables are there already, and the last migration is not.
    within(Duration::from_mins(1), "no schema is made", || {
        Numbers::has_table(&server.url(), "users")
    });
    relay.fall_silent();
    let begin = Instant::now();
    within(Duration::from_secs(90), "it does not end", || {
        running.child.try_wait().unwrap().is_some()
    });
    println!("  the start ended after {:?}", begin.elapsed());
    let log = std::fs::read_to_string(workplace.path().join("log")).unwrap();
    assert!(log.contains("no answer within"), "{log}");
    relay.speak();
    start_with(&workplace, "log", &configuration).stop();
    Numbers::without_gaps(&server.url());
}

fn during_a_start(kind: Kind) {
    let server = Server::start(kind);
    let relay = Relay::to(server.port);
    let configuration = format!("[database]\nurl = \"{}\"\n", server.url_at(relay.port));
    let workplace = Workplace::empty();
    start_with(&workplace, "log", &configuration).stop();
    let mut dice = Dice::new(Dice::any_seed());
    let mut ended = 0;
    for _ in 0..STARTS {
        let log = std::fs::File::create(workplace.path().join("log")).unwrap();
        let mut running = spawn(&workplace, "", log, &configuration);
        std::thread::sleep(dice.millis(1, 400));
        relay.fall_silent();
        std::thread::sleep(Duration::from_secs(3));
        relay.speak();
        // It waits for a minute at the most, and fails the test then.
        let is_ready = running.becomes_ready();
        let stopped = is_ready.then(|| running.stop());
        let log = std::fs::read_to_string(workplace.path().join("log")).unwrap();
        if let Some((status, took)) = stopped {
            // Also if a connection has died in silence.
            assert!(
                status == Some(0) && took < STOP,
                "{status:?} after {took:?}: {log}"
            );
        } else {
            ended += 1;
            assert!(log.contains("no answer within"), "{log}");
        }
    }
    println!("  {STARTS} starts, {ended} of them ended");
}
