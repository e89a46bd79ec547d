//! Numbers that the rooms of the service keep themselves, read when somebody asks.

use prometheus_client::encoding::DescriptorEncoder;

use crate::domain::numbers::{
    CheckState, CopyNumbers, IssueNumber, PoolNumbers, RefusalNumbers, TurnNumbers,
};
use crate::metrics::rows::{counter, gauge, one};

/// All numbers of the rooms.
#[derive(Debug, Clone, Default)]
pub struct Readings {
    /// Registry tokens that were issued.
    pub issued: Vec<IssueNumber>,
    /// Requests for registry tokens that were refused.
    pub refused: Vec<IssueNumber>,
    /// Actions that issued tokens leave out.
    pub denied: Vec<IssueNumber>,
    /// Failed logins, by listener.
    pub failed_logins: Vec<(&'static str, RefusalNumbers)>,
    /// The computation of passwords' hashes.
    pub passwords: TurnNumbers,
    /// The copies, if there are any.
    pub copies: Option<CopyNumbers>,
    /// The database's connections, by purpose.
    pub pools: Vec<PoolNumbers>,
    /// The signing keys.
    pub keys: Vec<KeyReading>,
    /// Records that were not written down.
    pub lost: Vec<LostReading>,
    /// The number of notices that were given up.
    pub notices_given_up: u64,
    /// The readiness of the service, by work.
    pub ready: Vec<(&'static str, bool)>,
    /// The checks that the operator sees.
    pub checks: Vec<CheckState>,
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
        let help = "Notices that this process has given up";
        let given_up = one(self.notices_given_up);
        counter(encoder, "notices_given_up", help, given_up)?;
        let keys = self.keys.iter().map(|key| {
            let labels = [("kid", key.kid.as_str()), ("state", key.state)];
            (labels, key.end)
        });
        let help = "When the certificate of a signing key ends, in seconds since 1970";
        gauge(encoder, "signing_key_end_timestamp_seconds", help, keys)
    }

    fn encode_registry_tokens(&self, encoder: &mut DescriptorEncoder<'_>) -> std::fmt::Result {
        let help = "Registry tokens that were issued";
        let issued = by_registry(&self.issued, "credential");
        counter(encoder, "registry_tokens_issued", help, issued)?;
        let help =
            "Requests for registry tokens that were refused, by the reason that the log has too";
        let refused = by_registry(&self.refused, "reason");
        counter(encoder, "registry_tokens_refused", help, refused)?;
        let help = "Actions that were asked for and left out of issued registry tokens";
        let denied = by_registry(&self.denied, "reason");
        counter(encoder, "actions_denied", help, denied)
    }

    fn encode_logins(&self, encoder: &mut DescriptorEncoder<'_>) -> std::fmt::Result {
        let by_credential = |count: fn(&RefusalNumbers) -> u64| {
            let row = move |(listener, row): &(&'static str, RefusalNumbers)| {
                let listener = ("listener", *listener);
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
            .map(|row| ([("check", row.subject)], u64::from(row.is_failing)));
        let help = "1 for a check that /readyz of the ops listener names and that is not ok";
        gauge(encoder, "check_failing", help, failing)?;
        let ages =
            checks.filter_map(|row| Some(([("check", row.subject)], row.age?.as_secs_f64())));
        let help = "Time for which a check has failed";
        gauge(encoder, "check_failing_seconds", help, ages)
    }

    fn encode_storage(&self, encoder: &mut DescriptorEncoder<'_>) -> std::fmt::Result {
        if let Some(copies) = &self.copies {
            encode_copies(copies, encoder)?;
        }
        let by_pool = |value: fn(&PoolNumbers) -> u64| {
            let row = move |row: &PoolNumbers| ([("pool", row.purpose)], value(row));
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

/// The rows of numbers by registry and by what their name is a `label` for.
fn by_registry<'a>(
    numbers: &'a [IssueNumber],
    label: &'static str,
) -> impl Iterator<Item = ([(&'static str, &'a str); 2], u64)> {
    let row = move |number: &'a IssueNumber| {
        let registry = ("registry", number.registry.as_str());
        ([registry, (label, number.name)], number.count)
    };
    numbers.iter().map(row)
}

fn encode_copies(copies: &CopyNumbers, encoder: &mut DescriptorEncoder<'_>) -> std::fmt::Result {
    let answers = copies.answers.iter();
    let hits = answers.clone().map(|row| ([("kind", row.0)], row.1));
    let misses = answers.map(|row| ([("kind", row.0)], row.2));
    let help = "Questions that were answered from copies in memory";
    counter(encoder, "copies_hits", help, hits)?;
    let help = "Questions for which there was no copy in memory";
    counter(encoder, "copies_misses", help, misses)?;
    let help = "Copies in memory";
    gauge(encoder, "copies", help, one(copies.entries))?;
    let help = "Memory that copies take, about";
    gauge(encoder, "copies_size_bytes", help, one(copies.bytes))?;
    let help = "Time since the copies were known to be right";
    let age = copies.age.map(|age| one(age.as_secs_f64()));
    let age = age.into_iter().flatten();
    gauge(encoder, "copies_age_seconds", help, age)
}
