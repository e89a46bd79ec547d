//! The order of loads and drops: what was loaded before a drop is not kept after it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::events::subject::Touched;

/// The most drops that are remembered one by one; loads that are older keep nothing.
const REMEMBERED: usize = 1024;

/// All drops, numbered. Copies are made and dropped under its lock, so no load puts back what a drop took away.
#[derive(Debug, Default)]
pub(super) struct Drops {
    /// The number of drops so far; it changes under the lock, and is read without it.
    count: AtomicU64,
    /// The number of those after which nothing is there any more of what they drop.
    done: AtomicU64,
    /// The last ones, newest last; `None` stands for everything.
    last: Mutex<VecDeque<Option<Touched>>>,
}

/// The number of drops before a load began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Begun(u64);

impl Drops {
    /// Begins a load. It must ask storage afterwards.
    pub(super) fn begin(&self) -> Begun {
        // A drop that is under way may leave old copies to be seen: it counts as one that comes later.
        Begun(self.done.load(Ordering::Acquire))
    }

    /// Drops the copies of `touched`, or of everything, by `remove`.
    pub(super) fn drop(&self, touched: Option<&Touched>, remove: impl FnOnce()) {
        let mut last = self.last();
        // Before anything is removed, so that nobody sees what comes after a drop and not the drop.
        self.count.fetch_add(1, Ordering::AcqRel);
        if last.len() == REMEMBERED {
            last.pop_front();
        }
        last.push_back(touched.cloned());
        remove();
        self.done.fetch_add(1, Ordering::AcqRel);
    }

    /// Ends a load: calls `keep` with true if nothing was dropped since it began that `concerns` what was loaded. No drop
    /// happens meanwhile.
    pub(super) fn end<T>(
        &self,
        begun: Begun,
        concerns: impl Fn(&Touched) -> bool,
        keep: impl FnOnce(bool) -> T,
    ) -> T {
        let last = self.last();
        keep(!self.is_among(&last, begun, concerns))
    }

    /// True if something was dropped since that `concerns` somebody. Nobody waits for it, unless there were drops.
    pub(super) fn have_dropped(&self, begun: Begun, concerns: impl Fn(&Touched) -> bool) -> bool {
        self.count.load(Ordering::Acquire) != begun.0
            && self.is_among(&self.last(), begun, concerns)
    }

    fn is_among(
        &self,
        last: &VecDeque<Option<Touched>>,
        Begun(begun): Begun,
        concerns: impl Fn(&Touched) -> bool,
    ) -> bool {
        let since = self.count.load(Ordering::Acquire) - begun;
        let since = usize::try_from(since).unwrap_or(usize::MAX);
        let mut later = last.iter().rev().take(since);
        since > last.len() || later.any(|touched| touched.as_ref().is_none_or(&concerns))
    }

    fn last(&self) -> MutexGuard<'_, VecDeque<Option<Touched>>> {
        // The counter moves before anything is removed, so a poisoned list is whole.
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
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
