//! Numbers that rooms keep for the operator; the metrics show them.

use std::time::Duration;

/// The outcomes of requests for registry tokens at one registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueNumber {
    /// The service name of the registry, empty if none that is configured was named.
    pub registry: String,
    /// The credential of issued tokens, or the reason of a refusal.
    pub name: &'static str,
    /// The number of times.
    pub count: u64,
}

/// Refused credentials of one sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusalNumbers {
    /// The credential: `password`, `token`, `code` (a second factor) or `unreadable`.
    pub credential: &'static str,
    /// Those whose credential was wrong.
    pub wrong: u64,
    /// Those that were told to wait.
    pub throttled: u64,
}

/// The computation of passwords' hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TurnNumbers {
    /// Those under way.
    pub running: u64,
    /// Callers who wait for their turn.
    pub waiting: u64,
    /// Hashes that were computed so far; a turn may end without one.
    pub computed: u64,
    /// Callers who were told to come back so far, because too many waited.
    pub turned_away: u64,
}

/// The use and the size of the copies in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyNumbers {
    /// Questions that a copy answered, and those without a copy, by what they asked for.
    pub answers: Vec<(&'static str, u64, u64)>,
    /// The copies that are there.
    pub entries: u64,
    /// The memory that they take, in bytes, about.
    pub bytes: u64,
    /// The time since they were known to be right.
    pub age: Option<Duration>,
}

/// The database's connections for one purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolNumbers {
    /// The purpose.
    pub purpose: &'static str,
    /// Those that are open.
    pub open: u64,
    /// Those of them that nobody uses.
    pub idle: u64,
    /// The most that may be open.
    pub most: u64,
}

/// A check that the operator sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckState {
    /// Its subject.
    pub subject: &'static str,
    /// True if there is something for the operator to do.
    pub is_failing: bool,
    /// The time for which it has failed, if that is known.
    pub age: Option<Duration>,
}
