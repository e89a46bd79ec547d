//! The signing keys of all services on one database. All of them should have the same: a registry trusts one folder's keys.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

/// The time for which a key must be another service's alone before that is told. A new key reaches a folder that is copied, such as a
/// mounted secret of Kubernetes, within some two minutes.
const PATIENCE: TimeDelta = TimeDelta::minutes(5);

/// The time after which a key that nobody notes any more counts as gone. Services note theirs much more often.
const QUIET: TimeDelta = TimeDelta::minutes(5);

/// A key that some service on the database has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveKey {
    /// Its id.
    pub kid: String,
    /// The time at which a service noted it last, by that service's clock.
    pub noted_at: DateTime<Utc>,
}

/// Looks for keys that another service on the database has, and this one has not.
///
/// Only the clock of this service counts: a key is another one's while its note moves between two looks, whatever time that tells.
#[derive(Debug, Clone, Default)]
pub struct OtherKeys(BTreeMap<String, Sighting>);

/// A key that is not this service's.
#[derive(Debug, Clone, Copy)]
struct Sighting {
    noted_at: DateTime<Utc>,
    /// The times of this service's clock at which the note had moved: the first in a row, and the last.
    moved: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl OtherKeys {
    /// Takes the keys that all services have noted, at `now`; returns those that another one has had for five minutes and that are not
    /// among `own`, in order.
    pub fn look(
        &mut self,
        own: &BTreeSet<String>,
        noted: Vec<LiveKey>,
        now: DateTime<Utc>,
    ) -> Vec<String> {
        let mut before = std::mem::take(&mut self.0);
        for key in noted {
            if own.contains(&key.kid) {
                continue;
            }
            let sighting = match before.remove(&key.kid) {
                Some(before) => before.again(key.noted_at, now),
                None => Sighting {
                    noted_at: key.noted_at,
                    moved: None,
                },
            };
            self.0.insert(key.kid, sighting);
        }
        let lasting = self.0.iter().filter(|(_, sighting)| sighting.lasts());
        lasting.map(|(kid, _)| kid.clone()).collect()
    }
}

impl Sighting {
    fn again(self, noted_at: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        // A clock that was set back begins anew, and so does a key that was gone for a while.
        let moved = self
            .moved
            .filter(|(first, last)| *first <= now && now.signed_duration_since(*last) <= QUIET);
        let moved = if noted_at == self.noted_at {
            moved
        } else {
            Some(moved.map_or((now, now), |(first, _)| (first, now)))
        };
        Self { noted_at, moved }
    }

    fn lasts(&self) -> bool {
        self.moved
            .is_some_and(|(first, last)| last.signed_duration_since(first) >= PATIENCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    /// The keys that are told when a service looks at these minutes; each has the notes that it finds, by key and minute.
    fn told(looks: &[(i64, &[(&str, i64)])]) -> Vec<Vec<String>> {
        let own = BTreeSet::from(["own".to_owned()]);
        let mut keys = OtherKeys::default();
        let look = |(now, noted): &(i64, &[(&str, i64)])| {
            let noted = noted.iter().map(|(kid, minute)| LiveKey {
                kid: (*kid).to_owned(),
                noted_at: at(*minute),
            });
            keys.look(&own, noted.collect(), at(*now))
        };
        looks.iter().map(look).collect()
    }

    /// A look each minute, at which a key of another service has its note of then by its own clock.
    fn minutes(kid: &'static str, ahead: i64, until: i64) -> Vec<Vec<String>> {
        let notes: Vec<_> = (0..=until).map(|minute| [(kid, minute + ahead)]).collect();
        let looks: Vec<(i64, &[(&str, i64)])> = (0..).zip(notes.iter().map(|of| &of[..])).collect();
        told(&looks)
    }

    #[test]
    fn a_key_that_another_service_goes_on_to_have_is_told_after_five_minutes() {
        for ahead in [0, 600, -600] {
            let told = minutes("strange", ahead, 7);
            assert!(told[..6].iter().all(Vec::is_empty), "{told:?}");
            assert_eq!(told[6..], [["strange"], ["strange"]], "{ahead}");
        }
    }

    #[test]
    fn a_key_of_ones_own_is_never_told() {
        assert!(minutes("own", 0, 20).iter().all(Vec::is_empty));
    }

    /// A service that is gone leaves its notes, and so does a key that was replaced.
    #[test]
    fn a_note_that_does_not_move_is_nobodys() {
        let still: Vec<(i64, &[(&str, i64)])> =
            (0..20).map(|minute| (minute, &[("old", 3)][..])).collect();
        assert!(told(&still).iter().all(Vec::is_empty));
    }

    #[test]
    fn a_key_that_is_gone_is_told_no_more() {
        let mut looks: Vec<(i64, &[(&str, i64)])> = vec![
            (0, &[("strange", 0)]),
            (2, &[("strange", 2)]),
            (7, &[("strange", 7)]),
        ];
        assert_eq!(told(&looks)[2], ["strange"]);
        // Its service has stopped, or has this one's folder by now.
        looks.extend([(12, &[("strange", 7)][..]), (13, &[("strange", 7)][..])]);
        assert_eq!(told(&looks)[3..], [vec!["strange".to_owned()], vec![]]);
    }

    /// A key that was made here and is not in a copied folder yet, each time for less than five minutes.
    #[test]
    fn moments_do_not_add_up() {
        let looks: Vec<(i64, &[(&str, i64)])> = vec![
            (0, &[("new", 0)]),
            (2, &[("new", 2)]),
            (4, &[("new", 4)]),
            (30, &[("new", 30)]),
            (32, &[("new", 32)]),
        ];
        assert!(told(&looks).iter().all(Vec::is_empty));
    }
}
