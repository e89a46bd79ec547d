//! The keys, for the running service and for the command line.

use crate::config::Config;
use crate::domain::clock::Clock;
use crate::server::{Service, SystemClock, SystemEntropy};
use crate::signing::{CertificateAuthoritySummary, KeyError, KeyRing};

impl Service {
    /// Follows the key files and the clock, and tells the operator what is to be done about the
    /// certificate authority and about keys that wait; gives the warnings that are due.
    pub fn follow_keys(&self) -> Result<Vec<String>, KeyError> {
        let (ring, now) = (&self.issuer.keys, self.issuer.clock.now());
        let followed = ring.follow(now, &*self.issuer.entropy);
        // What is known of the authority is told in any case.
        self.metrics.set_authority_end(ring.authority().not_after);
        let notices = [
            ("certificate_authority", ring.authority_warning(now)),
            ("signing_keys", ring.restart_notice(now)),
        ];
        for (subject, warning) in &notices {
            let text = warning.as_deref().unwrap_or("ok");
            self.health.notice(subject, text.to_owned());
        }
        followed.map(|()| {
            notices
                .into_iter()
                .filter_map(|(_, warning)| warning)
                .collect()
        })
    }
}

/// The keys for the command line, which makes none.
pub fn open_keys(config: &Config) -> anyhow::Result<KeyRing> {
    Ok(KeyRing::open(
        &config.keys.directory,
        config.key_schedule(),
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
