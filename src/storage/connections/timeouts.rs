//! The longest waits for a database.

use std::time::Duration;

/// The longest waits of a service for a server, unless they are configured.
const USUAL: Duration = Duration::from_secs(2);
/// The longest wait of a command, which keeps nobody waiting.
const LONGEST_COMMAND: Duration = Duration::from_mins(1);
/// The longest wait for a free connection on SQLite.
const ACQUIRE_ON_SQLITE: Duration = Duration::from_secs(5);
/// The longest wait of a service for an answer on SQLite, which waits by itself for other programs that write.
const LONGEST_ON_SQLITE: Duration = Duration::from_secs(12);

/// The time that one has at least who asks after a wait for others.
const LEAST_REST: Duration = Duration::from_millis(500);

/// The longest waits for a database, one for each step of a question. All steps of a question together never take longer
/// than the longest of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatabaseTimeouts {
    /// For a free connection, while all are in use.
    pub acquire: Duration,
    /// For a server to take a new connection, from its address to its settings; a quarter of it to answer on one that was kept.
    pub connect: Duration,
    /// For the answer to a statement.
    pub statement: Duration,
}

impl Default for DatabaseTimeouts {
    fn default() -> Self {
        Self {
            acquire: USUAL,
            connect: USUAL,
            statement: USUAL,
        }
    }
}

impl DatabaseTimeouts {
    /// Those of a service on SQLite, where nothing but other programs makes anybody wait.
    pub(super) const ON_SQLITE: Self = Self {
        acquire: ACQUIRE_ON_SQLITE,
        connect: USUAL,
        statement: LONGEST_ON_SQLITE,
    };

    /// Those of a command.
    pub(super) fn of_command(self) -> Self {
        Self {
            acquire: LONGEST_COMMAND,
            statement: LONGEST_COMMAND,
            ..self
        }
    }

    /// The longest that a question takes in all.
    pub(super) fn longest(self) -> Duration {
        self.acquire.max(self.connect).max(self.statement)
    }
}

/// The rest of the patience with storage after a wait for others who asked: that was a wait for storage too. Some is left always, for
/// those others may have gone away without an answer.
pub(in crate::storage) fn rest_of(patience: Duration, waited: Duration) -> Duration {
    let rest = patience.saturating_sub(waited);
    rest.max(LEAST_REST.min(patience))
}

/// A time limit as people read it.
pub(in crate::storage) fn told(limit: Duration) -> String {
    if limit.subsec_nanos() == 0 {
        format!("{} s", limit.as_secs())
    } else {
        format!("{} ms", limit.as_millis())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_told_in_seconds_where_they_are_whole() {
        assert_eq!(told(Duration::from_secs(2)), "2 s");
        assert_eq!(told(Duration::from_millis(500)), "500 ms");
        assert_eq!(told(Duration::from_millis(1500)), "1500 ms");
    }
}
