//! Processes that are killed: the service, and the server of its database.

use std::time::{Duration, Instant};

use crate::Story;
use crate::harness::{Dice, Kind, Server};
use crate::running::{Running, start_with};
use crate::work::{Crew, Numbers};
use crate::workplace::Workplace;

pub(crate) const STORIES: &[Story] = &[
    ("kills::on_sqlite_nothing_acknowledged_is_lost", || {
        kills(None);
    }),
    ("kills::on_postgresql_nothing_acknowledged_is_lost", || {
        kills(Some(Kind::Postgres));
    }),
    ("kills::on_mariadb_nothing_acknowledged_is_lost", || {
        kills(Some(Kind::Maria));
    }),
];

/// The time for which things are killed on one database.
const TIME: Duration = Duration::from_secs(75);
/// The fewest kills that prove anything, also on a machine that has other things to do.
const FEWEST: usize = 8;

/// What is killed.
#[derive(Clone, Copy, PartialEq)]
enum Victim {
    Service,
    Database,
    Both,
}

fn kills(kind: Option<Kind>) {
    let seed = Dice::any_seed();
    println!("  chance: {seed}");
    let (workplace, mut dice) = (Workplace::empty(), Dice::new(seed));
    let mut server = kind.map(Server::start);
    let file = format!("sqlite://{}/data/wharfinger.db", workplace.path().display());
    let url = server.as_ref().map_or(file, Server::url);
    let configuration = match &server {
        Some(_) => format!("[database]\nurl = \"{url}\"\n"),
        None => String::new(),
    };
    let mut running = start_with(&workplace, "log", &configuration);
    let arguments = ["--user", "admin", "--name", "api", "--scope", "api"];
    let secret = workplace.ok(&[&["token", "create"], &arguments[..]].concat());
    let before = Numbers::without_gaps(&url).counter;
    let mut crew = Crew::start(6, &running.token, &running.admin, &secret, seed);

    let (begin, mut kills) = (Instant::now(), 0);
    while begin.elapsed() < TIME || kills < FEWEST {
        let victim = match (&server, dice.below(3)) {
            (None, _) | (_, 0) => Victim::Service,
            (_, 1) => Victim::Database,
            _ => Victim::Both,
        };
        crew.work_while(|| {
            std::thread::sleep(dice.millis(200, 1500));
            strike(victim, &mut running, server.as_mut(), &workplace, &mut dice);
            std::thread::sleep(dice.millis(1, 300));
        });
        kills += if victim == Victim::Both { 2 } else { 1 };
        crew.check(false);
        let after = Numbers::without_gaps(&url).counter;
        let tally = crew.tally();
        let made = usize::try_from(after - before).unwrap();
        let possible = tally.acknowledged..=tally.acknowledged + tally.unanswered;
        assert!(possible.contains(&made), "{made} changes, {tally:?}");
        assert_eq!(crew.wrong(), Vec::<&str>::new(), "after kill {kills}");
    }
    crew.check(true);
    let tally = crew.tally();
    println!("  {kills} kills, {tally:?}, lost: {}", crew.wrong().len());
    assert_eq!(crew.wrong(), Vec::<&str>::new());
    assert!(
        tally.acknowledged > 200 && tally.compared > 500,
        "{tally:?}"
    );
    assert_eq!(running.stop().0, Some(0));
}

/// Kills, and brings everything back.
fn strike(
    victim: Victim,
    running: &mut Running,
    server: Option<&mut Server>,
    workplace: &Workplace,
    dice: &mut Dice,
) {
    if victim == Victim::Service {
        running.kill();
    } else if let Some(server) = server {
        server.kill();
        std::thread::sleep(dice.millis(1, 500));
        if victim == Victim::Both {
            running.kill();
        }
        server.start_again();
    }
    if victim != Victim::Database {
        running.start_again(workplace, "");
    }
    assert!(running.becomes_ready());
}
