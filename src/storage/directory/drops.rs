//! The order of loads and drops: what was loaded before a drop is not kept after it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::events::subject::Touched;

/// The most drops that are remembered one by one; loads that are older keep nothing.
const REMEMBERED: usize = 1024;

/// All drops, numbered. Copies are made and dropped under its lock, so no load puts back what a drop took away.
#[derive(Debug, Default)]
pub(super) struct Drops(Mutex<Numbered>);

#[derive(Debug, Default)]
struct Numbered {
    /// The number of drops so far.
    count: u64,
    /// The last ones, newest last; `None` stands for everything.
    last: VecDeque<Option<Touched>>,
}

/// The number of drops before a load began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Begun(u64);

impl Drops {
    /// Begins a load. It must ask storage afterwards.
    pub(super) fn begin(&self) -> Begun {
        Begun(self.log().count)
    }

    /// Drops the copies of `touched`, or of everything, by `remove`.
    pub(super) fn drop(&self, touched: Option<&Touched>, remove: impl FnOnce()) {
        let mut log = self.log();
        log.count += 1;
        if log.last.len() == REMEMBERED {
            log.last.pop_front();
        }
        log.last.push_back(touched.cloned());
        remove();
    }

    /// Ends a load: calls `keep` with true if nothing was dropped since it began that `concerns` what was loaded. No drop
    /// happens meanwhile.
    pub(super) fn end<T>(
        &self,
        Begun(begun): Begun,
        concerns: impl Fn(&Touched) -> bool,
        keep: impl FnOnce(bool) -> T,
    ) -> T {
        let log = self.log();
        let since = usize::try_from(log.count - begun).unwrap_or(usize::MAX);
        let are_remembered = since <= log.last.len();
        let mut later = log.last.iter().rev().take(since);
        let is_current =
            are_remembered && !later.any(|touched| touched.as_ref().is_none_or(&concerns));
        keep(is_current)
    }

    fn log(&self) -> MutexGuard<'_, Numbered> {
        // The counter moves before anything is removed, so a poisoned log is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{AccessTokenId, UserId};

    fn is_kept(drops: &Drops, begun: Begun, loaded: &Touched) -> bool {
        drops.end(begun, |touched| touched == loaded, |is_current| is_current)
    }

    #[test]
    fn a_load_is_kept_unless_what_it_loaded_was_dropped_meanwhile() {
        let (mine, other) = (
            Touched::AccessToken(AccessTokenId(1)),
            Touched::User(UserId(1)),
        );
        let drops = Drops::default();
        drops.drop(Some(&mine), || {});
        let begun = drops.begin();
        assert!(is_kept(&drops, begun, &mine), "that was before");
        drops.drop(Some(&other), || {});
        assert!(is_kept(&drops, begun, &mine));
        drops.drop(Some(&mine), || {});
        assert!(!is_kept(&drops, begun, &mine));
        drops.drop(Some(&other), || {});
        assert!(!is_kept(&drops, begun, &mine));
        let begun = drops.begin();
        assert!(is_kept(&drops, begun, &mine));
        drops.drop(None, || {});
        assert!(!is_kept(&drops, begun, &mine), "everything was dropped");
    }

    #[test]
    fn a_load_that_is_older_than_what_is_remembered_is_not_kept() {
        let other = Touched::User(UserId(1));
        let drops = Drops::default();
        let begun = drops.begin();
        for _ in 0..REMEMBERED {
            drops.drop(Some(&other), || {});
        }
        let mine = Touched::AccessToken(AccessTokenId(1));
        assert!(is_kept(&drops, begun, &mine));
        drops.drop(Some(&other), || {});
        assert!(!is_kept(&drops, begun, &mine));
    }
}
