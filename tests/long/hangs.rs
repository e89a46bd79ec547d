//! A service that hangs in the middle of its work (SIGSTOP), and goes on.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Story;
use crate::harness::{Dice, Kind, Server, ask, auth, basic, signal};
use crate::running::{Running, start_with, within};
use crate::watch::{Asked, Watch};
use crate::work::{Crew, Numbers};
use crate::workplace::Workplace;

pub(crate) const STORIES: &[Story] = &[
    ("hangs::a_service_on_sqlite_goes_on", on_sqlite),
    ("hangs::another_replica_on_postgresql_goes_on", || {
        replicas(Kind::Postgres);
    }),
    ("hangs::another_replica_on_mariadb_goes_on", || {
        replicas(Kind::Maria);
    }),
    ("hangs::a_lock_on_postgresql_that_nobody_gives_back", || {
        locked(Kind::Postgres);
    }),
    ("hangs::a_lock_on_mariadb_that_nobody_gives_back", || {
        locked(Kind::Maria);
    }),
    (
        "hangs::a_command_on_postgresql_is_ended_in_a_minute",
        || {
            command(Kind::Postgres);
        },
    ),
    ("hangs::a_command_on_mariadb_is_ended_in_a_minute", || {
        command(Kind::Maria);
    }),
];

/// The 10 s of docs/operating.md, and what a loaded machine takes for the change that comes next.
const LONGEST: Duration = Duration::from_secs(14);

/// The minute of docs/operating.md, and the same for the change that comes next.
const LONGEST_COMMAND: Duration = Duration::from_secs(64);

/// Longer than the second within which replicas follow each other's changes.
const FOLLOWED: Duration = Duration::from_millis(1100);

fn secret(workplace: &Workplace) -> String {
    let arguments = ["--user", "admin", "--name", "api", "--scope", "api"];
    let more = ["--scope", "read_registry"];
    workplace.ok(&[&["token", "create"], &arguments[..], &more].concat())
}

fn on_sqlite() {
    let workplace = Workplace::empty();
    let mut running = start_with(&workplace, "log", "");
    let secret = secret(&workplace);
    let seed = Dice::any_seed();
    let mut crew = Crew::start(6, &running.token, &running.admin, &secret, seed);
    let mut dice = Dice::new(seed);
    for _ in 0..4 {
        crew.work_while(|| {
            std::thread::sleep(dice.millis(200, 700));
            running.signal("-STOP");
            std::thread::sleep(Duration::from_secs(3));
            running.signal("-CONT");
            std::thread::sleep(Duration::from_millis(500));
        });
        crew.check(false);
    }
    let tally = crew.tally();
    println!("  {tally:?}");
    assert_eq!(tally.unanswered, 0, "everybody waits for what goes on");
    assert_eq!(crew.wrong(), Vec::<&str>::new());
    assert_eq!(running.stop().0, Some(0));
}

/// A service on a server of its own, and somebody who asks it.
struct Watched {
    server: Server,
    workplace: Workplace,
    running: Running,
    watch: Watch,
}

impl Watched {
    fn start(kind: Kind) -> Self {
        let server = Server::start(kind);
        let workplace = Workplace::empty();
        let configuration = format!("[database]\nurl = \"{}\"\n", server.url());
        let running = start_with(&workplace, "log", &configuration);
        let secret = secret(&workplace);
        let watch = Watch::new(&running.token, &running.admin, &secret);
        Self {
            server,
            workplace,
            running,
            watch,
        }
    }
}

/// Another program locks the row that every change needs: the database answers, and no change can be made.
fn locked(kind: Kind) {
    let Watched {
        server,
        workplace: _workplace,
        mut running,
        watch,
    } = Watched::start(kind);
    let ready = |listener: &str| ask(listener, "GET /readyz", "");
    Numbers::while_locked(&server.url(), || {
        assert!(!watch.one(Asked::Change).is_good());
        within(Duration::from_secs(20), "it stays ready", || {
            ready(&running.ops).status() == 503
        });
        let told = ready(&running.ops);
        let changes = &told.json()["checks"]["changes"];
        let changes = changes.as_str().unwrap_or_default();
        println!("  {changes}");
        assert!(changes.contains("no change can be made") && changes.contains("no answer"));
        assert_eq!(ready(&running.admin).status(), 503);
        assert_eq!(ready(&running.token).status(), 200);
        assert!(watch.one(Asked::Token).is_good());
    });
    within(Duration::from_secs(20), "it does not heal", || {
        ready(&running.ops).status() == 200
    });
    assert!(watch.one(Asked::Change).is_good());
    Numbers::without_gaps(&server.url());
    assert_eq!(running.stop().0, Some(0));
}

/// A command is stopped (Ctrl-Z) when it has just got the row that every change needs.
fn command(kind: Kind) {
    let Watched {
        server,
        workplace,
        mut running,
        watch,
    } = Watched::start(kind);
    let mut command = Command::new(env!("CARGO_BIN_EXE_wharfinger"));
    command.current_dir(workplace.path()).stderr(Stdio::null());
    let mut stopped = None;
    Numbers::while_locked(&server.url(), || {
        let child = command.args(["user", "create", "stopped"]).spawn().unwrap();
        std::thread::sleep(Duration::from_secs(2));
        signal(&child, "-STOP");
        stopped = Some(child);
    });
    let (mut stopped, begin) = (stopped.unwrap(), Instant::now());
    assert!(
        !watch.one(Asked::Change).is_good(),
        "the command has the row"
    );
    assert!(watch.one(Asked::Token).is_good());
    while begin.elapsed() < 2 * LONGEST_COMMAND && !watch.one(Asked::Change).is_good() {
        std::thread::sleep(Duration::from_millis(200));
    }
    println!("  nothing could be changed for {:?}", begin.elapsed());
    assert!(begin.elapsed() < LONGEST_COMMAND, "{:?}", begin.elapsed());
    signal(&stopped, "-CONT");
    assert_eq!(stopped.wait().unwrap().code(), Some(1));
    assert!(!workplace.ok(&["user", "list"]).contains("stopped"));
    Numbers::without_gaps(&server.url());
    assert_eq!(running.stop().0, Some(0));
}

fn replicas(kind: Kind) {
    let server = Server::start(kind);
    let (first, second) = (Workplace::empty(), Workplace::empty());
    let keys = first.path().join("keys").display().to_string();
    let configuration = format!(
        "[database]\nurl = \"{}\"\n[keys]\ndirectory = \"{keys}\"\n",
        server.url()
    );
    let mut running = start_with(&first, "log", &configuration);
    let other = start_with(&second, "log", &configuration);
    let secret = secret(&first);
    let seed = Dice::any_seed();
    let mut crew = Crew::start(6, &running.token, &running.admin, &secret, seed);
    let watch = Watch::new(&other.token, &other.admin, &secret);
    let header = format!("private-token: {}\r\n", secret.trim());
    let mut dice = Dice::new(seed);
    for _ in 0..2 {
        let doomed = Doomed::make(&other, &header);
        let blocked = crew.work_while(|| hang(&running, &watch, &doomed, &mut dice));
        println!("  the other replica could change nothing for {blocked:?}");
        assert!(blocked < LONGEST, "{blocked:?}");
        crew.check(false);
        Numbers::without_gaps(&server.url());
    }
    // The other replica follows within a second.
    std::thread::sleep(FOLLOWED);
    crew.move_to(&other.token, &other.admin);
    crew.check(true);
    println!("  {:?}", crew.tally());
    assert_eq!(crew.wrong(), Vec::<&str>::new());
    assert_eq!(running.stop().0, Some(0));
}

/// A token that is revoked at the other replica while one hangs.
struct Doomed {
    revoke: String,
    admin: String,
    header: String,
    login: String,
}

impl Doomed {
    fn make(at: &Running, header: &str) -> Self {
        let path = "POST /api/v4/users/1/personal_access_tokens?name=doomed&scopes[]=read_registry";
        let made = ask(&at.admin, path, header);
        assert_eq!(made.status(), 201, "{made:?}");
        let made = made.json();
        Self {
            revoke: format!("DELETE /api/v4/personal_access_tokens/{}", made["id"]),
            admin: at.admin.clone(),
            header: header.to_owned(),
            login: basic("admin", made["token"].as_str().unwrap()),
        }
    }

    fn opens(&self, running: &Running) -> u16 {
        auth(&running.token, "", &self.login).status()
    }

    fn revoke(&self) {
        let revoked = ask(&self.admin, &self.revoke, &self.header);
        assert_eq!(revoked.status(), 204, "{revoked:?}");
    }
}

/// Stops the service in the middle of a change, which the other replica notices, and lets it go on when others
/// can change things again; how long that took. Tokens are given out meanwhile, and one is revoked, which the
/// stopped service has just seen.
fn hang(running: &Running, watch: &Watch, doomed: &Doomed, dice: &mut Dice) -> Duration {
    for _ in 0..100 {
        std::thread::sleep(dice.millis(50, 300));
        assert_eq!(doomed.opens(running), 200);
        running.signal("-STOP");
        let begin = Instant::now();
        if watch.one(Asked::Change).is_good() {
            // It was between two changes.
            running.signal("-CONT");
            continue;
        }
        let tokens = watch.during(&[(Asked::Token, 2)], || {
            while begin.elapsed() < 2 * LONGEST && !watch.one(Asked::Change).is_good() {}
        });
        let blocked = begin.elapsed();
        let refused = tokens.between(begin, Instant::now());
        let refused: Vec<_> = refused.iter().filter(|seen| !seen.is_good()).collect();
        assert!(refused.is_empty(), "{refused:?}");
        doomed.revoke();
        std::thread::sleep(FOLLOWED);
        running.signal("-CONT");
        let opened = doomed.opens(running);
        assert!([401, 503].contains(&opened), "{opened} for a revoked token");
        std::thread::sleep(Duration::from_secs(1));
        return blocked;
    }
    panic!("it was never stopped in the middle of a change");
}
