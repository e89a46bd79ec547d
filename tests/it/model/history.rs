//! What was changed and what was answered, and the check of one against the other.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::facts;
use super::world::{Answer, Moment, Question, World, answer, readings};

/// The time after which a change counts everywhere.
pub(super) const BOUND: Moment = 1_000_000;
/// The inaccuracy of the clock that the test judges ends by, against the services' own.
pub(super) const CLOCKS: Moment = 20_000;

/// A change that was made somewhere between its request and its acknowledgement.
#[derive(Debug, Clone)]
pub(super) struct Changed {
    pub(super) what: String,
    /// The replica that made it; none for the command line.
    pub(super) by: Option<usize>,
    pub(super) sent: Moment,
    pub(super) acknowledged: Moment,
    /// The world after it.
    pub(super) world: World,
}

/// A request that was answered somewhere between its begin and its end.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) replica: usize,
    pub(super) begin: Moment,
    pub(super) end: Moment,
    pub(super) question: Question,
    pub(super) answer: Answer,
}

/// A time at which a replica stood still, or was killed and started again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pause {
    pub(super) replica: usize,
    pub(super) is_killed: bool,
    pub(super) begin: Moment,
    pub(super) end: Moment,
}

/// The changes, one after the other, and the answers.
#[derive(Debug, Clone)]
pub(super) struct History {
    pub(super) first: World,
    pub(super) pauses: Vec<Pause>,
    pub(super) changes: Vec<Changed>,
    pub(super) asked: Vec<Asked>,
}

/// The verdict on a history.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    pub(super) changes: usize,
    pub(super) answers: usize,
    /// Answers that the model leaves no choice about.
    pub(super) decisive: usize,
    /// Answers to which the model allowed several, because of a change or an end at that time.
    pub(super) contested: usize,
    /// Answers that follow from facts which were not true at any time from 1 s before the begin to the end, or which
    /// the same replica had changed.
    pub(super) wrong: Vec<String>,
    /// Answers that follow from facts which were true in that time, but never together.
    pub(super) torn: Vec<String>,
}

impl Asked {
    /// The moments at which the clock may have been looked at: the first one, and each at which something ends later.
    pub(super) fn moments(&self, world: &World) -> Vec<Moment> {
        let (first, last) = (self.begin - CLOCKS, self.end + CLOCKS);
        let ends = world.ends().filter(|end| (first..=last).contains(end));
        std::iter::once(first).chain(ends).collect()
    }
}

impl History {
    /// Judges each answer.
    pub(super) fn check(&self) -> Verdict {
        let mut verdict = Verdict {
            changes: self.changes.len(),
            ..Verdict::default()
        };
        for asked in &self.asked {
            let allowed = self.allowed(asked);
            let was_right = allowed.contains(&asked.answer);
            verdict.answers += 1;
            if !facts::explain(self, asked) {
                verdict.wrong.push(self.describe("wrong", asked, &allowed));
            } else if !was_right {
                verdict.torn.push(self.describe("torn", asked, &allowed));
            } else if allowed.len() == 1 {
                verdict.decisive += 1;
            } else {
                verdict.contested += 1;
            }
        }
        verdict
    }

    /// The least and the greatest number of changes that may have been made in the eyes of the one who answered.
    pub(super) fn window(&self, asked: &Asked) -> (usize, usize) {
        let count = |counts: &dyn Fn(&Changed) -> bool| self.changes.partition_point(counts);
        let least = count(&|change| change.acknowledged < asked.begin - BOUND);
        (least, count(&|change| change.sent < asked.end))
    }

    pub(super) fn world(&self, changes: usize) -> &World {
        match changes.checked_sub(1) {
            None => &self.first,
            Some(last) => &self.changes[last].world,
        }
    }

    /// The answers that the model gives after each number of changes in the window, at any moment of the request.
    fn allowed(&self, asked: &Asked) -> BTreeSet<Answer> {
        let (from, to) = self.window(asked);
        let changes = from..=to;
        changes
            .flat_map(|changes| self.answers(changes, asked))
            .collect()
    }

    /// The answers after that number of changes, at any moment of the request.
    pub(super) fn answers(&self, changes: usize, asked: &Asked) -> BTreeSet<Answer> {
        let question = &asked.question;
        let world = self.world(changes);
        let readings = readings(world, asked.replica, asked.begin, &question.credential);
        let answers = readings.iter().flat_map(|world| {
            let moments = asked.moments(world).into_iter();
            moments.map(|moment| answer(world, moment, question))
        });
        answers.collect()
    }

    fn describe(&self, kind: &str, asked: &Asked, allowed: &BTreeSet<Answer>) -> String {
        let since = |moment: Moment| (moment - asked.begin) / 1000;
        let mut text = format!(
            "{kind}: replica {} answered {:?} to {:?}, which took {} ms; allowed: {allowed:?}",
            asked.replica,
            asked.answer,
            asked.question,
            since(asked.end),
        );
        let facts = facts::of(self.world(self.window(asked).0), &asked.question);
        let _ = write!(text, "\n    {facts} a second before");
        for pause in self
            .pauses
            .iter()
            .filter(|pause| pause.replica == asked.replica)
        {
            let (from, to) = (since(pause.begin), since(pause.end));
            let what = if pause.is_killed {
                "was killed"
            } else {
                "stood still"
            };
            let _ = write!(text, "\n    it {what} from {from} to {to} ms");
        }
        for (at, change) in self.changes.iter().enumerate() {
            let then = answer(&change.world, asked.begin, &asked.question);
            let is_near = (change.acknowledged - asked.begin).abs() < 2 * BOUND;
            let before = answer(self.world(at), asked.begin, &asked.question);
            if !is_near && then == before {
                continue;
            }
            let _ = write!(
                text,
                "\n    {at}: {} to {} ms, by {:?}: {}: {then:?}",
                since(change.sent),
                since(change.acknowledged),
                change.by,
                change.what,
            );
        }
        text
    }
}
