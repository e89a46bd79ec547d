//! The files that the process may have open: connections take all but a reserve.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::{Config, ConnectionLimits};
use crate::server::wiring::connections;

/// Files besides connections and the database: streams, sockets, the runtime's own, key files, and some room.
const OTHERS: u32 = 64;
/// The fewest connections with which a start makes sense.
const LEAST: u32 = 16;

/// The limits of the listeners that fit into the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) token: ConnectionLimits,
    pub(super) admin: ConnectionLimits,
    pub(super) ops: ConnectionLimits,
}

/// Raises the process's limit on open files as far as it is needed and may be raised, and makes the listeners'
/// limits smaller if that is not enough.
pub(super) fn fit(config: &Config) -> anyhow::Result<Limits> {
    let wanted = Limits {
        token: config.token.limits,
        admin: config.admin.limits,
        ops: config.ops.limits,
    };
    let reserve = OTHERS + connections(config).files(&config.database.url)?;
    let files = raise(reserve + wanted.total());
    let room = files.saturating_sub(reserve);
    anyhow::ensure!(
        room >= LEAST,
        "the process may open {files} files, and needs {} at least; raise the limit (LimitNOFILE= of systemd, \
         ulimit -n), or lower `database.max_connections`",
        reserve + LEAST
    );
    let fitting = wanted.within(room);
    if fitting != wanted {
        tracing::warn!(
            "the process may open {files} files: at most {} connections ({} of one address) to the token listener, {} ({}) \
             to the admin listener and {} ({}) to the ops listener at a time; for more, raise the limit (LimitNOFILE= of \
             systemd, ulimit -n)",
            fitting.token.total,
            fitting.token.per_address,
            fitting.admin.total,
            fitting.admin.per_address,
            fitting.ops.total,
            fitting.ops.per_address,
        );
    }
    Ok(fitting)
}

impl Limits {
    fn total(&self) -> u32 {
        self.token.total + self.admin.total + self.ops.total
    }

    /// The limits, made smaller so that all together have `room`.
    fn within(self, room: u32) -> Self {
        if self.total() <= room {
            return self;
        }
        // The operator's own come first: they show that there are too few files.
        let ops = self.ops.total.min(room / 8);
        let admin = self.admin.total.min(room / 4);
        let token = self.token.total.min(room - ops - admin);
        let smaller = |limits: ConnectionLimits, total: u32| ConnectionLimits {
            total,
            // One address has at most a quarter of what there is, as by default.
            per_address: limits.per_address.min((total / 4).max(1)),
        };
        Self {
            token: smaller(self.token, token),
            admin: smaller(self.admin, admin),
            ops: smaller(self.ops, ops),
        }
    }
}

/// Raises the soft limit on open files to `needed`, or as far as it goes; gives the limit that holds then.
fn raise(needed: u32) -> u32 {
    let limit = getrlimit(Resource::Nofile);
    let allowed = |limit: Option<u64>| u32::try_from(limit.unwrap_or(u64::MAX)).unwrap_or(u32::MAX);
    let (soft, hard) = (allowed(limit.current), allowed(limit.maximum));
    let wanted = needed.min(hard);
    if soft >= wanted {
        return soft;
    }
    let raised = Rlimit {
        current: Some(wanted.into()),
        maximum: limit.maximum,
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => wanted,
        Err(error) => {
            tracing::warn!(%error, "the limit on open files could not be raised");
            soft
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(token: u32, admin: u32, ops: u32) -> Limits {
        let limits = |total| ConnectionLimits {
            total,
            per_address: total / 2,
        };
        Limits {
            token: limits(token),
            admin: limits(admin),
            ops: limits(ops),
        }
    }

    fn within(limits: Limits, room: u32) -> [(u32, u32); 3] {
        let limits = limits.within(room);
        [limits.token, limits.admin, limits.ops].map(|limits| (limits.total, limits.per_address))
    }

    #[test]
    fn limits_that_fit_stay_and_others_shrink_with_something_left_for_each() {
        let wanted = limits(2000, 200, 50);
        assert_eq!(wanted.within(2250), wanted);
        assert_eq!(within(wanted, 900), [(650, 162), (200, 50), (50, 12)]);
        assert_eq!(within(wanted, 80), [(50, 12), (20, 5), (10, 2)]);
        assert_eq!(within(wanted, 16), [(10, 2), (4, 1), (2, 1)]);
        assert_eq!(within(limits(10, 2000, 2), 100), [(10, 2), (25, 6), (2, 1)]);
    }
}
