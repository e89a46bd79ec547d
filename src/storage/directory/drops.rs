//! The order of loads and drops: what was loaded before a drop is not kept after it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::events::subject::Touched;
use crate::domain::secret::SecretDigest;

/// The most drops that are remembered one by one; loads that are older keep nothing.
const REMEMBERED: usize = 1024;

/// All drops, numbered. Copies are made and dropped under its lock, so no load puts back what a drop took away.
#[derive(Debug, Default)]
pub(super) struct Drops {
    /// The number of drops so far; it changes under the lock, and is read without it.
    count: AtomicU64,
    /// The number of those after which nothing is there any more of what they drop.
    done: AtomicU64,
    /// The last ones, newest last.
    last: Mutex<VecDeque<Dropped>>,
}

/// The copies that are dropped together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Dropped {
    /// All of them.
    Everything,
    /// Those of a thing that a change touched.
    Touched(Touched),
    /// That of a refresh token alone, which a login deleted or whose use was noted.
    RefreshToken(SecretDigest),
}

impl Dropped {
    /// True if these are the copies of that thing.
    pub(super) fn is(&self, touched: &Touched) -> bool {
        matches!(self, Self::Touched(dropped) if dropped == touched)
    }
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

    /// Drops copies by `remove`.
    pub(super) fn drop(&self, dropped: Dropped, remove: impl FnOnce()) {
        let mut last = self.last();
        // Before anything is removed, so that nobody sees what comes after a drop and not the drop.
        self.count.fetch_add(1, Ordering::AcqRel);
        if last.len() == REMEMBERED {
            last.pop_front();
        }
        last.push_back(dropped);
        remove();
        self.done.fetch_add(1, Ordering::AcqRel);
    }

    /// Ends a load: calls `keep` with true if nothing was dropped since it began that `concerns` what was loaded. No drop
    /// happens meanwhile.
    pub(super) fn end<T>(
        &self,
        begun: Begun,
        concerns: impl Fn(&Dropped) -> bool,
        keep: impl FnOnce(bool) -> T,
    ) -> T {
        let last = self.last();
        keep(!self.is_among(&last, begun, concerns))
    }

    /// True if something was dropped since that `concerns` somebody. Nobody waits for it, unless there were drops.
    pub(super) fn have_dropped(&self, begun: Begun, concerns: impl Fn(&Dropped) -> bool) -> bool {
        self.count.load(Ordering::Acquire) != begun.0
            && self.is_among(&self.last(), begun, concerns)
    }

    fn is_among(
        &self,
        last: &VecDeque<Dropped>,
        Begun(begun): Begun,
        concerns: impl Fn(&Dropped) -> bool,
    ) -> bool {
        let since = self.count.load(Ordering::Acquire) - begun;
        let since = usize::try_from(since).unwrap_or(usize::MAX);
        let mut later = last.iter().rev().take(since);
        since > last.len()
            || later.any(|dropped| *dropped == Dropped::Everything || concerns(dropped))
    }

    fn last(&self) -> MutexGuard<'_, VecDeque<Dropped>> {
        // The counter moves before anything is removed, so a poisoned list is whole.
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{AccessTokenId, UserId};

    fn is_kept(drops: &Drops, begun: Begun, loaded: &Dropped) -> bool {
        drops.end(begun, |dropped| dropped == loaded, |is_current| is_current)
    }

    #[test]
    fn a_load_is_kept_unless_what_it_loaded_was_dropped_meanwhile() {
        let (mine, other) = (
            Dropped::Touched(Touched::AccessToken(AccessTokenId(1))),
            Dropped::RefreshToken(SecretDigest::stored([1; 32])),
        );
        let drops = Drops::default();
        drops.drop(mine.clone(), || {});
        let begun = drops.begin();
        assert!(is_kept(&drops, begun, &mine), "that was before");
        drops.drop(other.clone(), || {});
        assert!(is_kept(&drops, begun, &mine));
        drops.drop(mine.clone(), || {});
        assert!(!is_kept(&drops, begun, &mine));
        drops.drop(other.clone(), || {});
        assert!(!is_kept(&drops, begun, &mine));
        let begun = drops.begin();
        assert!(is_kept(&drops, begun, &mine));
        drops.drop(Dropped::Everything, || {});
        assert!(!is_kept(&drops, begun, &mine), "everything was dropped");
    }

    #[test]
    fn a_load_that_is_older_than_what_is_remembered_is_not_kept() {
        let other = Dropped::Touched(Touched::User(UserId(1)));
        let drops = Drops::default();
        let begun = drops.begin();
        for _ in 0..REMEMBERED {
            drops.drop(other.clone(), || {});
        }
        let mine = Dropped::Touched(Touched::AccessToken(AccessTokenId(1)));
        assert!(is_kept(&drops, begun, &mine));
        drops.drop(other.clone(), || {});
        assert!(!is_kept(&drops, begun, &mine));
    }
}
