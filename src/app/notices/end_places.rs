//! The places to which a look at ends has come.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::domain::notices::NoticedKind;
use crate::domain::notices::ends::EndWindow;

/// An end of a token, and the id of the token, in the order in which they are looked at.
pub(super) type EndPlace = (DateTime<Utc>, i64);

/// The places to which a look at ends has come that waits for room, so that it goes on there and does not begin anew.
///
/// They are in memory alone: a process that begins anew finds what was made before, and makes none of it twice.
#[derive(Debug, Default)]
pub(super) struct EndPlaces {
    /// The instant of the last look that came to its end: a later one makes new windows.
    since: Option<DateTime<Utc>>,
    /// By the days before the end, and by the kind of token.
    last: BTreeMap<(u32, &'static str), EndPlace>,
}

impl EndPlaces {
    /// Begins anew, unless these are the places of the look that follows the one at `looked_at`.
    pub(super) fn begin(&mut self, looked_at: DateTime<Utc>) {
        if self.since != Some(looked_at) {
            *self = Self {
                since: Some(looked_at),
                last: BTreeMap::new(),
            };
        }
    }

    /// The last place of the window that was told of.
    pub(super) fn of(&self, window: &EndWindow, kind: NoticedKind) -> Option<EndPlace> {
        self.last.get(&(window.days, kind.name())).copied()
    }

    /// Notes that all up to this place was told of.
    pub(super) fn note(&mut self, window: &EndWindow, kind: NoticedKind, place: EndPlace) {
        self.last.insert((window.days, kind.name()), place);
    }
}
