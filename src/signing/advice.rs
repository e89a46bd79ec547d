//! Advice about keys and the authority: what is to be done, and by when.

use chrono::{DateTime, Utc};

use crate::domain::timestamp;
use crate::signing::authority::CertificateAuthoritySummary;
use crate::signing::key_ring::KeyRing;

impl KeyRing {
    /// The advice about an authority that waits, or whose end is near; none while there is time.
    pub fn authority_warning(&self, now: DateTime<Utc>) -> Option<String> {
        let waiting = self
            .loaded()
            .authority
            .waiting_problem(&self.directory, now);
        if let Some(problem) = waiting {
            return Some(format!(
                "the next certificate authority waits and is not valid: {problem}. The present one stays until then"
            ));
        }
        let CertificateAuthoritySummary {
            not_after, next, ..
        } = self.authority();
        let news = self.loaded().authority_began(&self.schedule);
        match (next, news) {
            // Registries with a key set are told when the key that it certifies waits for them.
            (Some(_), _) if !self.schedule.has_certificates() => None,
            (Some(next), _) => Some(format!(
                "a new certificate authority waits; bring public/ca.crt to every registry and restart it before {}",
                timestamp::seconds(next.begins_at)
            )),
            (None, Some((made, first_key))) => Some(format!(
                "a new certificate authority certifies keys since {}: a registry with trust = \"certificate\" that was not \
                 restarted after {} with the new public/ca.crt refuses every token until it is",
                timestamp::seconds(first_key),
                timestamp::seconds(made)
            )),
            (None, None) if self.schedule.is_authority_ending(not_after, now) => Some(format!(
                "the certificate authority that registries trust ends on {}; run `wharfinger keys ca renew`",
                not_after.date_naive()
            )),
            (None, None) => None,
        }
    }

    /// The advice about a key that is not valid yet, about those that wait for registries to be restarted, and about one
    /// that began to sign lately.
    pub fn key_notices(&self, now: DateTime<Utc>) -> Vec<String> {
        let loaded = self.loaded();
        let waiting = loaded.restart_before(&self.schedule, now).map(|before| {
            format!(
                "a new signing key waits; restart every registry with trust = \"jwks\" before {}",
                timestamp::seconds(before)
            )
        });
        let began = loaded.began(&self.schedule, now).map(|(made, begun)| {
            format!(
                "a new key signs for registries with trust = \"jwks\" since {}: one that was not restarted after {} \
                 refuses every token until it is",
                timestamp::seconds(begun),
                timestamp::seconds(made)
            )
        });
        let notices = [loaded.early_notice(), waiting, began];
        notices.into_iter().flatten().collect()
    }
}
