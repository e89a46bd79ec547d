//! Numbers that the rooms of the service keep themselves, read when somebody asks.

use std::time::Duration;

use prometheus_client::encoding::DescriptorEncoder;

use crate::metrics::rows::{counter, gauge, one};

/// All numbers of the rooms.
#[derive(Debug, Clone, Default)]
pub struct Readings {
    /// Registry tokens that were issued.
    pub issued: Vec<IssuedReading>,
    /// Requests for registry tokens that were refused.
    pub refused: Vec<RefusedReading>,
    /// Actions that issued tokens leave out.
    pub denied: Vec<RefusedReading>,
    /// Failed logins.
    pub failed_logins: Vec<FailedLoginReading>,
    /// The computation of passwords' hashes.
    pub passwords: PasswordReading,
    /// The copies, if there are any.
    pub copies: Option<CopyReading>,
    /// The database's connections, by purpose.
    pub pools: Vec<PoolReading>,
    /// The signing keys.
    pub keys: Vec<KeyReading>,
    /// Records that were not written down.
    pub lost: Vec<LostReading>,
    /// The readiness of the service, by work.
    pub ready: Vec<(&'static str, bool)>,
    /// The checks that the operator sees.
    pub checks: Vec<CheckReading>,
}

/// Registry tokens that were issued.
#[derive(Debug, Clone)]
pub struct IssuedReading {
    /// The service name of the registry.
    pub registry: String,
    /// The credential that was presented.
    pub credential: &'static str,
    /// Their number.
    pub count: u64,
}

/// Requests or actions that were refused for a reason.
#[derive(Debug, Clone)]
pub struct RefusedReading {
    /// The service name of the registry, empty if none that is configured was named.
    pub registry: String,
    /// The reason.
    pub reason: &'static str,
    /// The number of times.
    pub count: u64,
}

/// Logins that failed on a listener.
#[derive(Debug, Clone, Copy)]
pub struct FailedLoginReading {
    /// The listener.
    pub listener: &'static str,
    /// The credential: `password`, `token`, or `unreadable`.
    pub credential: &'static str,
    /// Those whose credential was wrong.
    pub wrong: u64,
    /// Those that were told to wait.
    pub throttled: u64,
}

/// The computation of passwords' hashes.
#[derive(Debug, Clone, Copy, Default)]
pub struct PasswordReading {
    /// Those under way.
    pub running: u64,
    /// Those that wait for their turn.
    pub waiting: u64,
    /// Those that were computed.
    pub computed: u64,
    /// Those that were turned away because too many waited.
    pub turned_away: u64,
}

/// The copies in memory.
#[derive(Debug, Clone)]
pub struct CopyReading {
    /// Questions that a copy answered, and those without a copy, by what they asked for.
    pub answers: Vec<(&'static str, u64, u64)>,
    /// Copies that are there.
    pub entries: u64,
    /// The memory that they take, in bytes, about.
    pub bytes: u64,
    /// The time since they were known to be right.
    pub age: Option<Duration>,
}

/// The database's connections for one purpose.
#[derive(Debug, Clone, Copy)]
pub struct PoolReading {
    /// The purpose.
    pub pool: &'static str,
    /// Those that are open.
    pub open: u64,
    /// Those of them that nobody uses.
    pub idle: u64,
    /// The most that may be open.
    pub most: u64,
}

/// A signing key.
#[derive(Debug, Clone)]
pub struct KeyReading {
    /// Its id in tokens.
    pub kid: String,
    /// Its present part.
    pub state: &'static str,
    /// The end of its certificate, in seconds since 1970.
    pub end: i64,
}

/// Records that were not written down, because too many came at once or the database refuses what is in them.
#[derive(Debug, Clone, Copy)]
pub struct LostReading {
    /// The kind of record.
    pub record: &'static str,
    /// Their number.
    pub count: u64,
}

/// A check that the operator sees.
#[derive(Debug, Clone, Copy)]
pub struct CheckReading {
    /// Its subject.
    pub check: &'static str,
    /// True if there is something for the operator to do.
    pub is_failing: bool,
    /// The time for which it has failed, if that is known.
    pub age: Option<Duration>,
}

impl Readings {
    pub(super) fn encode(&self, encoder: &mut DescriptorEncoder<'_>) -> std::fmt::Result {
        self.encode_registry_tokens(encoder)?;
        self.encode_logins(encoder)?;
        self.encode_storage(encoder)?;
        self.encode_health(encoder)?;
        let lost = self.lost.iter();
        let lost = lost.map(|row| ([("record", row.record)], row.count));
        let help = "Records that were not written down, because too many came at once or the database refuses what is in them";
        counter(encoder, "records_lost", help, lost)?;
        let keys = self.keys.iter().map(|key| {
            let labels = [("kid", key.kid.as_str()), ("state", key.state)];
            (labels, key.end)
        });
        let help = "When the certificate of a signing key ends, in seconds since 1970";
        gauge(encoder, "signing_key_end_timestamp_seconds", help, keys)
    }

    fn encode_registry_tokens(&self, encoder: &mut DescriptorEncoder<'_>) -> std::fmt::Result {
        let issued = self.issued.iter().map(|row| {
            let registry = ("registry", row.registry.as_str());
            ([registry, ("credential", row.credential)], row.count)
        });
        let help = "Registry tokens that were issued";
        counter(encoder, "registry_tokens_issued", help, issued)?;
        let by_reason = |rows: &[RefusedReading]| {
            let row = |row: &RefusedReading| {
                let labels = [
                    ("registry", row.registry.clone()),
                    ("reason", row.reason.to_owned()),
                ];
                (labels, row.count)
            };
            rows.iter().map(row).collect::<Vec<_>>()
        };
        let help =
            "Requests for registry tokens that were refused, by the reason that the log has too";
        counter(
            encoder,
            "registry_tokens_refused",
            help,
            by_reason(&self.refused),
        )?;
        let help = "Actions that were asked for and left out of issued registry tokens";
        counter(encoder, "actions_denied", help, by_reason(&self.denied))
    }

    fn encode_logins(&self, encoder: &mut DescriptorEncoder<'_>) -> std::fmt::Result {
        let by_credential = |count: fn(&FailedLoginReading) -> u64| {
            let row = move |row: &FailedLoginReading| {
                let listener = ("listener", row.listener);
                ([listener, ("credential", row.credential)], count(row))
            };
            self.failed_logins.iter().map(row).collect::<Vec<_>>()
        };
        let help = "Logins whose credential was wrong";
        counter(
            encoder,
            "logins_failed",
            help,
            by_credential(|row| row.wrong),
        )?;
        let help = "Logins that were told to wait, because too many failed before";
        counter(
            encoder,
            "logins_throttled",
            help,
            by_credential(|row| row.throttled),
        )?;
        let passwords = self.passwords;
        let help = "Passwords' hashes that are being computed";
        gauge(
            encoder,
            "password_hashes_running",
            help,
            one(passwords.running),
        )?;
        let help = "Passwords that wait until their hash is computed";
        gauge(
            encoder,
            "password_hashes_waiting",
            help,
            one(passwords.waiting),
        )?;
        let help = "Passwords' hashes that were computed";
        counter(
            encoder,
            "password_hashes_computed",
            help,
            one(passwords.computed),
        )?;
        let help = "Passwords that were turned away, because too many waited";
        counter(
            encoder,
            "password_hashes_turned_away",
            help,
            one(passwords.turned_away),
        )
    }

    fn encode_health(&self, encoder: &mut DescriptorEncoder<'_>) -> std::fmt::Result {
        let ready = self.ready.iter();
        let ready = ready.map(|(work, is_ready)| ([("work", *work)], u64::from(*is_ready)));
        let help = "1 if the service is ready for its work, 0 if not";
        gauge(encoder, "ready", help, ready)?;
        let checks = self.checks.iter();
        let failing = checks
            .clone()
            .map(|row| ([("check", row.check)], u64::from(row.is_failing)));
        let help = "1 for a check that /readyz of the ops listener names and that is not ok";
        gauge(encoder, "check_failing", help, failing)?;
        let ages = checks.filter_map(|row| Some(([("check", row.check)], row.age?.as_secs_f64())));
        let help = "Time for which a check has failed";
        gauge(encoder, "check_failing_seconds", help, ages)
    }

    fn encode_storage(&self, encoder: &mut DescriptorEncoder<'_>) -> std::fmt::Result {
        if let Some(copies) = &self.copies {
            copies.encode(encoder)?;
        }
        let by_pool = |value: fn(&PoolReading) -> u64| {
            let row = move |row: &PoolReading| ([("pool", row.pool)], value(row));
            self.pools.iter().map(row).collect::<Vec<_>>()
        };
        let help = "Open connections to the database";
        gauge(
            encoder,
            "database_connections",
            help,
            by_pool(|row| row.open),
        )?;
        let help = "Open connections to the database that nobody uses";
        gauge(
            encoder,
            "database_connections_idle",
            help,
            by_pool(|row| row.idle),
        )?;
        let help = "The most connections to the database that may be open";
        gauge(
            encoder,
            "database_connections_max",
            help,
            by_pool(|row| row.most),
        )
    }
}

impl CopyReading {
    fn encode(&self, encoder: &mut DescriptorEncoder<'_>) -> std::fmt::Result {
        let answers = self.answers.iter();
        let hits = answers.clone().map(|row| ([("kind", row.0)], row.1));
        let misses = answers.map(|row| ([("kind", row.0)], row.2));
        let help = "Questions that were answered from copies in memory";
        counter(encoder, "copies_hits", help, hits)?;
        let help = "Questions for which there was no copy in memory";
        counter(encoder, "copies_misses", help, misses)?;
        let help = "Copies in memory";
        gauge(encoder, "copies", help, one(self.entries))?;
        let help = "Memory that copies take, about";
        gauge(encoder, "copies_size_bytes", help, one(self.bytes))?;
        let help = "Time since the copies were known to be right";
        let age = self.age.map(|age| one(age.as_secs_f64()));
        let age = age.into_iter().flatten();
        gauge(encoder, "copies_age_seconds", help, age)
    }
}
