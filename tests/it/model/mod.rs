//! A model decides what is right: real services change and answer at random, and a slow, obvious model of the decision
//! says of each answer if it may be.
//!
//! Every answer must follow from the world as it was at some moment from one second before the request began to its end;
//! and what the same process has acknowledged before counts at once.

mod checker;
mod dice;
mod facts;
mod history;
mod logins;
mod readers;
mod roles;
mod stage;
mod table;
mod tokens;
mod two_factor;
mod world;
mod writer;

use std::io::Write;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use dice::Dice;
use history::{BOUND, History, Verdict};
use readers::Round;
use stage::{Nature, Stage};
use writer::{Names, Writer};

use crate::harness::named_database;

/// The length of a round, after which all answers are checked.
const ROUND: Duration = Duration::from_secs(12);
/// The numbers of services, each as often as it stands here.
const REPLICAS: [usize; 5] = [1, 2, 3, 3, 3];
/// The natures of services, each as often as it stands here: all are to be equally right.
const NATURES: [Nature; 6] = [
    Nature::Plain,
    Nature::Plain,
    Nature::Plain,
    Nature::WithoutCopies,
    Nature::ServesStale,
    Nature::ServesStale,
];
/// Those who ask one replica at the same time.
const ASKING: usize = 2;

/// What happened in all rounds.
#[derive(Debug, Default)]
struct Totals {
    changes: usize,
    answers: usize,
    decisive: usize,
    contested: usize,
    unanswered: usize,
    pauses: usize,
}

/// On SQLite, or on the empty database that `TEST_SERVICE_DATABASE_URL` names; for some seconds, or for as many as
/// `TEST_MODEL_SECONDS` says, with the seed that `TEST_MODEL_SEED` says.
#[test]
fn every_answer_is_one_that_was_right_a_second_ago_or_since() {
    let seed = number("TEST_MODEL_SEED").unwrap_or_else(|| stage::unix_time().unsigned_abs());
    let seconds = number("TEST_MODEL_SECONDS").unwrap_or(ROUND.as_secs());
    say(&format!(
        "the seed of the model's test is TEST_MODEL_SEED={seed}"
    ));
    let mut dice = Dice::new(seed);
    let database = named_database("TEST_SERVICE_DATABASE_URL");
    // There are few runs on servers, and copies that are dropped too late show beside another replica alone.
    let replicas = match database {
        Some(_) => 3,
        None => *dice.one_of(&REPLICAS),
    };
    let mut natures: Vec<Nature> = (0..replicas).map(|_| *dice.one_of(&NATURES)).collect();
    if database.is_some() {
        natures[0] = Nature::Plain;
    }
    let stage = Stage::set(&natures, database.as_deref());
    let names = Names::of(stage::unix_time().unsigned_abs() % 1_000_000_000);
    let mut writer = Writer::new(&stage, names, dice.fork());
    let mut totals = Totals::default();
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(seconds) {
        let history = totals.play(&mut writer, &mut dice);
        let verdict = history.check();
        totals.add(&verdict);
        assert!(
            verdict.wrong.is_empty(),
            "{} of {} answers are wrong, with seed {seed}:\n{}",
            verdict.wrong.len(),
            verdict.answers,
            verdict.wrong[..verdict.wrong.len().min(8)].join("\n")
        );
        assert!(
            verdict.torn.is_empty(),
            "{} of {} answers are torn, with seed {seed}:\n{}",
            verdict.torn.len(),
            verdict.answers,
            verdict.torn[..verdict.torn.len().min(8)].join("\n")
        );
    }
    let kinds = &writer.kinds;
    say(&format!(
        "{replicas} replicas, {natures:?}: {totals:?}, {} kinds: {kinds:?}",
        kinds.len()
    ));
    totals.are_many();
    assert!(stage.clock().error() < history::CLOCKS, "the clock was set");
}

impl Totals {
    /// Changes and asks for a while.
    fn play(&mut self, writer: &mut Writer<'_>, dice: &mut Dice) -> History {
        let (stage, round) = (writer.stage, Round::default());
        let (first, begin) = (writer.world.clone(), Instant::now());
        writer.first = first.clone();
        writer.publish(&round);
        std::thread::scope(|scope| {
            for replica in (0..stage.replicas.len()).flat_map(|replica| [replica; ASKING]) {
                let (round, dice) = (&round, dice.fork());
                scope.spawn(move || round.ask(stage, replica, dice));
            }
            let (all, dice_of_pauses) = (&round, dice.fork());
            scope.spawn(move || all.pause(stage, dice_of_pauses));
            let over = round.ends();
            while begin.elapsed() < ROUND {
                writer.change(&round);
                let rest = if dice.percent(4) {
                    1500
                } else {
                    dice.number(0, 40)
                };
                std::thread::sleep(Duration::from_millis(rest));
            }
            drop(over);
        });
        // The next round begins when all of this one counts everywhere.
        std::thread::sleep(Duration::from_micros(BOUND.unsigned_abs() + 100_000));
        self.unanswered += round.unanswered.load(Ordering::Relaxed);
        let pauses = round.pauses.into_inner().unwrap();
        self.pauses += pauses.len();
        History {
            first,
            pauses,
            changes: std::mem::take(&mut writer.changes),
            asked: round.asked.into_inner().unwrap(),
        }
    }

    fn add(&mut self, verdict: &Verdict) {
        self.changes += verdict.changes;
        self.answers += verdict.answers;
        self.decisive += verdict.decisive;
        self.contested += verdict.contested;
    }

    /// So much happened that the test says something.
    fn are_many(&self) {
        let is_enough = self.changes >= 10
            && self.pauses >= 1
            && self.decisive >= 200
            && self.contested >= 10
            && self.unanswered * 4 < self.answers;
        assert!(is_enough, "too little happened: {self:?}");
    }
}

#[expect(clippy::disallowed_methods, reason = "tests/run.sh says how long")]
fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok().filter(|text| !text.is_empty());
    text.map(|text| text.parse().unwrap())
}

/// Says something although the test may succeed.
fn say(text: &str) {
    let _ = std::io::stderr().write_all(format!("{text}\n").as_bytes());
}
