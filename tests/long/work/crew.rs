//! All who work, their shifts, and the look at everything after each.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::harness::End;
use crate::work::fact::Doors;
use crate::work::worker::{Tally, Worker};

/// People at work, each on things of their own.
pub(crate) struct Crew {
    workers: Vec<Worker>,
    doors: Doors,
    /// Changes that only wait for all before them.
    bars: usize,
}

impl Crew {
    /// Brings as many to the service at those addresses, with an administrator's token.
    pub(crate) fn start(size: usize, token: &str, admin: &str, secret: &str, seed: u64) -> Self {
        let doors = Doors {
            token: token.to_owned(),
            admin: admin.to_owned(),
            header: format!("private-token: {}\r\n", secret.trim()),
        };
        let workers = (0..size).map(|number| Worker::begin(number, &doors, seed));
        Self {
            workers: workers.collect(),
            doors,
            bars: 0,
        }
    }

    /// All work while `misfortune` happens.
    pub(crate) fn work_while<T>(&mut self, misfortune: impl FnOnce() -> T) -> T {
        let (over, doors) = (AtomicBool::new(false), &self.doors);
        std::thread::scope(|scope| {
            for worker in &mut self.workers {
                let over = &over;
                scope.spawn(move || {
                    while !over.load(Ordering::SeqCst) {
                        worker.act(doors);
                    }
                });
            }
            let _end = End(&over);
            misfortune()
        })
    }

    /// Looks at what was touched, or at everything; the answers that were missing are known afterwards.
    pub(crate) fn check(&mut self, is_last: bool) {
        // A change comes after all that began before it, also those whose client is gone.
        self.bars += 1;
        let request = format!("POST /groups?name=bar{0}&path=bar{0}", self.bars);
        let answer = self.doors.admin(&request);
        assert_eq!(answer.status(), 201, "{answer:?}");
        let doors = &self.doors;
        std::thread::scope(|scope| {
            for worker in &mut self.workers {
                scope.spawn(move || worker.check(doors, is_last));
            }
        });
    }

    /// Takes everybody to another replica.
    pub(crate) fn move_to(&mut self, token: &str, admin: &str) {
        token.clone_into(&mut self.doors.token);
        admin.clone_into(&mut self.doors.admin);
    }

    /// What was done so far.
    pub(crate) fn tally(&self) -> Tally {
        let mut all = Tally {
            acknowledged: self.bars,
            ..Tally::default()
        };
        for worker in &self.workers {
            all.acknowledged += worker.tally.acknowledged;
            all.unanswered += worker.tally.unanswered;
            all.compared += worker.tally.compared;
        }
        all
    }

    /// Answers that contradict what was acknowledged.
    pub(crate) fn wrong(&self) -> Vec<&str> {
        let all = self.workers.iter().flat_map(|worker| &worker.wrong);
        all.map(String::as_str).collect()
    }
}
