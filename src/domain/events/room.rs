//! The room for observations in the audit log: nobody fills it, and nobody hides others in it.

use std::collections::{HashMap, HashSet};

use crate::domain::events::EventAction;
use crate::domain::events::observation::{Observation, ObservationOwner};
use crate::domain::events::origin::Face;

/// The most of one kind in a minute, but for sign-ins. Whoever guesses from ever new addresses for ever new names so fills no disk.
const MOST_A_MINUTE: u32 = 20;
/// The most of one kind about one user or token in a minute, through one face: machines that log in hide no sign-in on the pages.
const MOST_OF_ONE: u32 = 5;
/// The owners whose first of a kind in an hour has room beyond all others. So those who fill the minute hide nobody else.
const MOST_OWNERS: usize = 1000;

/// The things by which observations about one user or token are counted.
type AboutOne = (EventAction, Face, (&'static str, i64));

/// The room that is left in this minute and in this hour.
#[derive(Debug, Default)]
pub struct ObservationRoom {
    minute: i64,
    by_kind: HashMap<EventAction, u32>,
    by_subject: HashMap<AboutOne, u32>,
    hour: i64,
    owners: HashMap<EventAction, HashSet<ObservationOwner>>,
}

impl ObservationRoom {
    /// Takes the room of an observation, if there is some for it.
    pub fn take(&mut self, observation: &Observation) -> bool {
        self.advance(observation);
        let action = observation.event.action;
        let about = about(observation);
        let of_one = self.by_subject.get(&about).copied().unwrap_or_default();
        if of_one >= MOST_OF_ONE {
            return false;
        }
        let of_kind = self.by_kind.get(&action).copied().unwrap_or_default();
        let is_first = self.is_first_of_owner(observation);
        if of_kind >= MOST_A_MINUTE && !is_first && !observation.is_sign_in() {
            return false;
        }
        self.by_kind.insert(action, of_kind.saturating_add(1));
        self.by_subject.insert(about, of_one.saturating_add(1));
        true
    }

    /// Gives back the room of an observation that is not written: the next one is to be its owner's first again.
    pub fn give_back(&mut self, observation: &Observation) {
        if self.minute == minute_of(observation) {
            let of_kind = self.by_kind.get_mut(&observation.event.action);
            let of_one = self.by_subject.get_mut(&about(observation));
            for taken in of_kind.into_iter().chain(of_one) {
                *taken = taken.saturating_sub(1);
            }
        }
        let owners = self.owners.get_mut(&observation.event.action);
        if let (Some(owners), Some(owner)) = (owners, observation.owner()) {
            owners.remove(&owner);
        }
    }

    fn advance(&mut self, observation: &Observation) {
        let minute = minute_of(observation);
        let hour = minute / 60;
        if self.minute != minute {
            self.minute = minute;
            self.by_kind.clear();
            self.by_subject.clear();
        }
        if self.hour != hour {
            self.hour = hour;
            self.owners.clear();
        }
    }

    fn is_first_of_owner(&mut self, observation: &Observation) -> bool {
        let Some(owner) = observation.owner() else {
            return false;
        };
        let owners = self.owners.entry(observation.event.action).or_default();
        owners.len() < MOST_OWNERS && owners.insert(owner)
    }
}

fn minute_of(observation: &Observation) -> i64 {
    observation.at.timestamp() / 60
}

fn about(observation: &Observation) -> AboutOne {
    let (action, face) = (observation.event.action, observation.origin.face);
    (action, face, observation.about())
}
