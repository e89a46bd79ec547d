//! The schedule of signing keys: the key that signs for each registry, and the times at which keys come and go.
//!
//! All of it follows from the times at which the keys were made, so replicas that share the key
//! files agree without talking, and a restart changes nothing.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::domain::registry::{LONGEST_LIFETIME, Registry, ServiceName, TrustMode};

/// The time after its end for which registries still accept a token (docs/protocol.md §2.3).
const LEEWAY: Duration = Duration::from_mins(1);
/// The time that a service may take to follow a new key; it signs with the old one until then.
const FOLLOWING: Duration = Duration::from_secs(5);
/// The least time for which registries that missed a new key are told about.
const LEAST_NEWS: Duration = Duration::from_hours(24);
/// The time before its end at which an authority should be renewed, besides the activation time.
const AUTHORITY_WARNING: Duration = Duration::from_hours(24 * 365);

/// The rules by which keys are made, begin to sign, and are deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySchedule {
    /// The age of the newest key at which the next one is made.
    pub rotate_every: Duration,
    /// The time for which a key is published before it signs for registries that read a key set at their start.
    pub jwks_activation: Duration,
    /// The time for which a renewed certificate authority is published before it certifies keys.
    pub ca_activation: Duration,
    /// The trust modes of registries that share keys; never `Pinned`, and none if each registry has a key of its own.
    pub modes: Vec<TrustMode>,
    /// The services that have a key of their own.
    pub pinned: Vec<ServiceName>,
}

/// The state of a signing key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// It is published and does not sign yet.
    Pending,
    /// It signs.
    Active,
    /// It signs no more, but tokens that it signed are still valid.
    Retiring,
    /// Every token that it signed has expired.
    Retired,
}

impl KeyState {
    /// Its name in lists and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Retiring => "retiring",
            Self::Retired => "retired",
        }
    }
}

impl KeySchedule {
    /// The same schedule, for these registries.
    #[must_use]
    pub fn for_registries(self, registries: &[Registry]) -> Self {
        let (pinned, others): (Vec<_>, Vec<_>) = registries
            .iter()
            .partition(|registry| registry.trust == TrustMode::Pinned);
        Self {
            modes: others.iter().map(|registry| registry.trust).collect(),
            pinned: pinned
                .into_iter()
                .map(|registry| registry.service.clone())
                .collect(),
            ..self
        }
    }

    /// True if a registry looks at certificates, and so trusts our authority.
    pub fn has_certificates(&self) -> bool {
        self.modes.contains(&TrustMode::Certificate)
    }

    /// The trust modes by which shared keys come and go. If every registry is pinned, they must do so all the same, or they would
    /// pile up.
    fn modes_of_keys(&self) -> &[TrustMode] {
        if self.modes.is_empty() {
            &[TrustMode::Certificate]
        } else {
            &self.modes
        }
    }

    /// The position of the key that signs for `trust`; `made` has the times at which the keys were made, oldest first.
    ///
    /// With a certificate, the newest key signs at once. A key set is read when a registry starts, so a
    /// key waits until registries were restarted; the very first signs at once, because there is no other.
    pub fn signing(&self, made: &[DateTime<Utc>], trust: TrustMode, now: DateTime<Utc>) -> usize {
        made.iter()
            .rposition(|&made| self.begins(made, trust) <= now)
            .unwrap_or(0)
    }

    /// The state of the shared key at `position`.
    pub fn state(&self, made: &[DateTime<Utc>], position: usize, now: DateTime<Utc>) -> KeyState {
        let signing = || {
            self.modes_of_keys()
                .iter()
                .map(|&trust| self.signing(made, trust, now))
        };
        if signing().any(|signing| signing == position) {
            return KeyState::Active;
        }
        if signing().all(|signing| signing < position) {
            return KeyState::Pending;
        }
        // A key is replaced when its successor begins to sign for the last of the registries.
        let successor = made.get(position.saturating_add(1));
        let replaced = successor.and_then(|&made| {
            self.modes_of_keys()
                .iter()
                .map(|&trust| self.begins(made, trust))
                .max()
        });
        Self::since_replaced(replaced, now)
    }

    /// The state of the key at `position` among those of one service: the newest signs.
    pub fn pinned_state(
        &self,
        made: &[DateTime<Utc>],
        position: usize,
        now: DateTime<Utc>,
    ) -> KeyState {
        match made.get(position.saturating_add(1)) {
            None => KeyState::Active,
            successor => Self::since_replaced(successor.copied(), now),
        }
    }

    /// The time by which registries with a key set must be restarted, because the first of the keys that wait then
    /// begins to sign for them. None if no key waits, or if there is no such registry.
    pub fn restart_before(
        &self,
        made: &[DateTime<Utc>],
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        if !self.modes.contains(&TrustMode::Jwks) {
            return None;
        }
        // The very first key signs at once.
        let begins = made.iter().skip(1);
        let begins = begins.map(|&made| self.begins(made, TrustMode::Jwks));
        begins.filter(|begins| *begins > now).min()
    }

    /// The times at which the key that signs for registries with a key set was made and began to, while that is news: for
    /// as long as it was announced, and a day at least.
    pub fn began(
        &self,
        made: &[DateTime<Utc>],
        now: DateTime<Utc>,
    ) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let made = *made.get(self.signing(made, TrustMode::Jwks, now))?;
        let begins = self.begins(made, TrustMode::Jwks);
        let news = later(begins, self.jwks_activation.max(LEAST_NEWS))?;
        let is_news = begins <= now && now < news && self.modes.contains(&TrustMode::Jwks);
        is_news.then_some((made, begins))
    }

    /// True if a key waits at all times, so that registries with a key set must be restarted for each key before the next
    /// is made.
    pub fn is_faster_than_registries(&self) -> bool {
        self.modes.contains(&TrustMode::Jwks) && self.rotate_every <= self.jwks_activation
    }

    /// The time at which an authority that was made at `made` begins to certify keys: a day before the `end` of the present one at
    /// the latest, while keys that it certified still sign. Where registries read a key set, the key that the new authority certifies
    /// waits for its activation first, and the old key has no valid certificate to sign with after the end: so it is that much
    /// earlier. If less than twice this time is left, it is the middle of what is left, so that registries have some time to get it.
    pub fn authority_begins(&self, made: DateTime<Utc>, end: DateTime<Utc>) -> DateTime<Utc> {
        let left = (end - made).max(TimeDelta::zero());
        let mut overlap = Duration::from_hours(24);
        if self.modes.contains(&TrustMode::Jwks) {
            overlap = overlap.saturating_add(self.jwks_activation);
        }
        let overlap = TimeDelta::from_std(overlap).unwrap_or(TimeDelta::MAX);
        let latest = end - overlap.min(left / 2);
        later(made, self.ca_activation).map_or(latest, |begins| begins.min(latest))
    }

    /// True if it is time to renew an authority that ends at `end`.
    pub fn is_authority_ending(&self, end: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        later(now, AUTHORITY_WARNING.saturating_add(self.ca_activation))
            .is_none_or(|sight| end <= sight)
    }

    /// The state of a key that was replaced at that time. How long its tokens live is not known any more: the lifetimes may have
    /// been longer, or those of a registry that is gone.
    fn since_replaced(replaced: Option<DateTime<Utc>>, now: DateTime<Utc>) -> KeyState {
        let last = replaced.and_then(|replaced| later(replaced, FOLLOWING));
        let gone = last.and_then(|last| later(last, LONGEST_LIFETIME.saturating_add(LEEWAY)));
        match gone {
            Some(gone) if gone <= now => KeyState::Retired,
            _ => KeyState::Retiring,
        }
    }

    /// True if the next key is to be made, when the newest was made at `newest`.
    pub fn is_due(&self, newest: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        later(newest, self.rotate_every).is_some_and(|due| due <= now)
    }

    fn begins(&self, made: DateTime<Utc>, trust: TrustMode) -> DateTime<Utc> {
        match trust {
            TrustMode::Certificate | TrustMode::Pinned => made,
            TrustMode::Jwks => {
                later(made, self.jwks_activation).unwrap_or(DateTime::<Utc>::MAX_UTC)
            }
        }
    }
}

fn later(instant: DateTime<Utc>, by: Duration) -> Option<DateTime<Utc>> {
    instant.checked_add_signed(chrono::Duration::from_std(by).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(hour * 3600, 0).unwrap()
    }

    fn schedule(modes: &[TrustMode]) -> KeySchedule {
        KeySchedule {
            rotate_every: Duration::from_hours(100),
            jwks_activation: Duration::from_hours(24),
            ca_activation: Duration::from_hours(24 * 30),
            modes: modes.to_vec(),
            pinned: Vec::new(),
        }
    }

    #[test]
    fn with_a_certificate_the_newest_key_signs_at_once() {
        let schedule = schedule(&[TrustMode::Certificate]);
        let made = [at(0), at(100)];
        assert_eq!(schedule.signing(&made, TrustMode::Certificate, at(99)), 0);
        assert_eq!(schedule.signing(&made, TrustMode::Certificate, at(100)), 1);
        let states = |now| [0, 1].map(|position| schedule.state(&made, position, now));
        assert_eq!(states(at(100)), [KeyState::Retiring, KeyState::Active]);
        // A service that has not followed yet signs with the old key for five seconds more.
        let gone = at(124) + chrono::Duration::minutes(1) + chrono::Duration::seconds(5);
        assert_eq!(
            states(gone - chrono::Duration::seconds(1)),
            [KeyState::Retiring, KeyState::Active]
        );
        assert_eq!(states(gone), [KeyState::Retired, KeyState::Active]);
    }

    #[test]
    fn with_a_key_set_a_key_is_published_a_day_before_it_signs() {
        let schedule = schedule(&[TrustMode::Jwks]);
        let made = [at(0), at(100)];
        assert_eq!(
            schedule.signing(&made[..1], TrustMode::Jwks, at(0)),
            0,
            "the first of all signs at once"
        );
        let states = |hour| [0, 1].map(|position| schedule.state(&made, position, at(hour)));
        assert_eq!(states(100), [KeyState::Active, KeyState::Pending]);
        assert_eq!(states(123), [KeyState::Active, KeyState::Pending]);
        assert_eq!(states(124), [KeyState::Retiring, KeyState::Active]);
        assert_eq!(states(148), [KeyState::Retiring, KeyState::Active]);
        assert_eq!(states(149), [KeyState::Retired, KeyState::Active]);
    }

    #[test]
    fn keys_that_sign_for_nobody_come_and_go_too() {
        let registry = Registry {
            service: ServiceName::try_from("zot".to_owned()).unwrap(),
            host: None,
            trust: TrustMode::Pinned,
            pull_lifetime: Duration::from_mins(5),
            push_lifetime: Duration::from_mins(15),
        };
        let schedule = schedule(&[]).for_registries(&[registry]);
        let made = [at(0), at(100)];
        let states = |hour| [0, 1].map(|position| schedule.state(&made, position, at(hour)));
        assert_eq!(states(124), [KeyState::Retiring, KeyState::Active]);
        assert_eq!(states(125), [KeyState::Retired, KeyState::Active]);
    }

    #[test]
    fn with_both_the_old_key_stays_until_the_last_registry_has_the_new_one() {
        let schedule = schedule(&[TrustMode::Certificate, TrustMode::Jwks]);
        let made = [at(0), at(100)];
        let states = |hour| [0, 1].map(|position| schedule.state(&made, position, at(hour)));
        assert_eq!(states(101), [KeyState::Active, KeyState::Active]);
        assert_eq!(states(124), [KeyState::Retiring, KeyState::Active]);
        assert_eq!(states(149), [KeyState::Retired, KeyState::Active]);
    }

    #[test]
    fn the_next_key_is_due_when_the_newest_is_old() {
        let schedule = schedule(&[TrustMode::Certificate]);
        assert!(!schedule.is_due(at(0), at(99)));
        assert!(schedule.is_due(at(0), at(100)));
    }
}
