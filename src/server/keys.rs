//! Keys for the running service and for the command line.

use std::collections::BTreeSet;

use anyhow::bail;

use crate::config::Config;
use crate::domain::clock::Clock;
use crate::domain::key_schedule::KeyState;
use crate::domain::live_keys::OtherKeys;
use crate::server::wiring::connections;
use crate::server::{Service, SystemClock, SystemEntropy};
use crate::signing::{CertificateAuthoritySummary, KeyError, KeyRing, RotatedKeys};
use crate::storage::{Db, StorageError, live_keys};

impl Service {
    /// Follows the key files and the clock, and tells metrics and `/readyz` about the certificate
    /// authority and about keys that wait. The warnings that are due are returned, for the log.
    pub fn follow_keys(&self) -> Result<Vec<String>, KeyError> {
        let (ring, now) = (&self.issuer.keys, self.issuer.clock.now());
        let followed = ring.follow(now, &*self.issuer.entropy);
        // Also if following failed: the authority that was known before still ends.
        self.metrics.set_authority_end(ring.authority().not_after);
        let notices = [
            (
                "certificate_authority",
                Vec::from_iter(ring.authority_warning(now)),
            ),
            ("signing_keys", ring.key_notices(now)),
        ];
        for (subject, warnings) in &notices {
            let text = if warnings.is_empty() {
                "ok".to_owned()
            } else {
                warnings.join("; ")
            };
            self.health.notice(subject, text);
        }
        followed.map(|()| {
            let warnings = notices.into_iter().map(|(_, warnings)| warnings);
            warnings.flatten().collect()
        })
    }

    /// Notes this service's keys in the database; returns those that another service on it goes on to have, and this one has not.
    pub async fn look_for_other_keys(
        &self,
        others: &mut OtherKeys,
    ) -> Result<Vec<String>, StorageError> {
        let now = self.issuer.clock.now();
        let keys = self.issuer.keys.keys(now);
        // Keys of one registry alone are known where that is configured, which may be one instance before another.
        let shared = keys.iter().filter(|key| key.service.is_none());
        let live = shared.filter(|key| key.state != KeyState::Retired);
        let live: BTreeSet<String> = live.map(|key| key.kid.clone()).collect();
        live_keys::note(&self.db, &live, now).await?;
        let noted = live_keys::noted(&self.db).await?;
        let own = keys.into_iter().map(|key| key.kid).collect();
        Ok(others.look(&own, noted, now))
    }
}

/// Opens the keys for the command line, without making any.
pub fn open_keys(config: &Config) -> anyhow::Result<KeyRing> {
    Ok(KeyRing::open(
        &config.keys.directory,
        config.key_schedule(),
        SystemClock.now(),
    )?)
}

/// Makes the keys anew, after they were lost; in a wrong folder there is no database that had some.
pub async fn create_keys(config: &Config) -> anyhow::Result<KeyRing> {
    let (folder, schedule) = (&config.keys.directory, config.key_schedule());
    if KeyRing::is_there(folder)? {
        bail!(
            "{} has keys already; to replace them, run `wharfinger keys rotate` or `wharfinger keys ca renew`",
            folder.display()
        );
    }
    let db = Db::open(&config.database.url, connections(config)).await?;
    if !db.has_seen_keys().await? {
        bail!("there were no keys yet: the first start of the service makes them");
    }
    let now = SystemClock.now();
    Ok(KeyRing::open_or_create(folder, schedule, now, &SystemEntropy)?.ring)
}

/// Makes the next signing key.
pub fn rotate_keys(config: &Config) -> anyhow::Result<RotatedKeys> {
    Ok(KeyRing::rotate_in(
        &config.keys.directory,
        config.key_schedule(),
        SystemClock.now(),
        &SystemEntropy,
    )?)
}

/// The question to ask before [`renew_authority`], if there is one.
pub fn replacement_question(config: &Config) -> anyhow::Result<Option<String>> {
    Ok(KeyRing::replacement_question(
        &config.keys.directory,
        SystemClock.now(),
    )?)
}

/// Makes the next certificate authority.
pub fn renew_authority(config: &Config) -> anyhow::Result<CertificateAuthoritySummary> {
    Ok(KeyRing::renew_authority(
        &config.keys.directory,
        &config.key_schedule(),
        SystemClock.now(),
        &SystemEntropy,
    )?)
}
