//! The numbers that rooms keep themselves, for the metrics.

use std::sync::Arc;

use crate::app::DeskError;
use crate::app::notices::Notices;
use crate::app::registry::RegistryTokenIssuer;
use crate::http::layers::Health;
use crate::identity::Authenticator;
use crate::metrics::{KeyReading, LostReading, ProcessReading, Readings};
use crate::server::Service;
use crate::storage::Db;

/// The rooms that keep numbers.
pub(super) struct Rooms {
    issuer: Arc<RegistryTokenIssuer>,
    admin: Authenticator,
    db: Db,
    notices: Notices,
    health: Health,
    pulls: Health,
}

impl Rooms {
    pub(super) fn of(service: &Service) -> Self {
        Self {
            issuer: Arc::clone(&service.issuer),
            admin: service.admin.admission.authenticator.clone(),
            db: service.db.clone(),
            notices: service.notices.clone(),
            health: service.health.clone(),
            pulls: service.pulls.clone(),
        }
    }

    /// Reads all numbers.
    pub(super) fn read(&self) -> Readings {
        let (counts, admission) = (&self.issuer.counts, &self.issuer.admission);
        let token = admission.authenticator.refusals();
        let admin = self.admin.refusals();
        let token = token.map(|numbers| ("token", numbers));
        let admin = admin.map(|numbers| ("admin", numbers));
        Readings {
            issued: counts.issued(),
            refused: counts.refused(),
            denied: counts.denied(),
            failed_logins: token.into_iter().chain(admin).collect(),
            passwords: admission.passwords.numbers(),
            copies: admission.directory.numbers(),
            pools: self.db.pools(),
            keys: self.keys(),
            lost: self.lost(),
            notices_given_up: self.notices.given_up(),
            ready: vec![
                ("all", self.health.was_ready()),
                ("pulls", self.pulls.was_ready()),
            ],
            checks: self.health.checks(),
        }
    }

    /// The records that were not written down.
    fn lost(&self) -> Vec<LostReading> {
        let admission = &self.issuer.admission;
        let of = |(record, count)| LostReading { record, count };
        let all = [
            ("usage", self.issuer.counter.lost()),
            ("last_use", admission.access_token_uses.lost()),
            ("refresh_token_use", admission.refresh_token_uses.lost()),
            ("observation", admission.observations.lost()),
            ("return", admission.observations.lost_returns()),
            ("notice", self.notices.lost()),
        ];
        all.into_iter().map(of).collect()
    }

    /// The keys whose certificate has an end.
    fn keys(&self) -> Vec<KeyReading> {
        let keys = self.issuer.keys.keys(self.issuer.clock.now());
        let reading = keys.into_iter().filter_map(|key| {
            Some(KeyReading {
                end: key.not_after?.timestamp(),
                kid: key.kid,
                state: key.state.name(),
            })
        });
        reading.collect()
    }
}

/// The days within which tokens end that are counted.
const DAYS: [(u16, &str); 3] = [(1, "1"), (7, "7"), (30, "30")];

impl Service {
    /// Counts the tokens that end soon, for the metrics.
    pub async fn count_expiring_tokens(&self) -> Result<(), DeskError> {
        let days = DAYS.map(|(days, _)| days);
        let tokens = self.desk.count_ending_access_tokens(days).await?;
        let deploy_tokens = self.desk.count_ending_deploy_tokens(days).await?;
        for (((_, label), tokens), deploy_tokens) in DAYS.into_iter().zip(tokens).zip(deploy_tokens)
        {
            self.metrics.set_expiring(label, tokens, deploy_tokens);
        }
        Ok(())
    }
}

/// The numbers of the process, as the system has them; nothing where it does not tell.
pub(super) fn of_process() -> Option<ProcessReading> {
    let process = procfs::process::Process::myself().ok()?;
    let (stat, limits) = (process.stat().ok()?, process.limits().ok()?);
    let ticks = u32::try_from(procfs::ticks_per_second()).ok()?;
    let seconds = |count: u64| {
        let whole = u32::try_from(count / u64::from(ticks)).ok()?;
        let rest = u32::try_from(count % u64::from(ticks)).ok()?;
        Some(f64::from(whole) + f64::from(rest) / f64::from(ticks))
    };
    let most_files = match limits.max_open_files.soft_limit {
        procfs::process::LimitValue::Value(most) => most,
        procfs::process::LimitValue::Unlimited => u64::MAX,
    };
    let boot = u32::try_from(procfs::boot_time_secs().ok()?).ok()?;
    Some(ProcessReading {
        cpu_seconds: seconds(stat.utime + stat.stime)?,
        resident_bytes: stat.rss * procfs::page_size(),
        virtual_bytes: stat.vsize,
        start: f64::from(boot) + seconds(stat.starttime)?,
        open_files: u64::try_from(process.fd_count().ok()?).ok()?,
        most_files,
    })
}
