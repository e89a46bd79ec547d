//! The throttle: callers whose logins fail have to wait, longer each time.
//!
//! A token is always looked at first, so one that works is never refused, whatever came from its address before. A password takes a
//! hash that is slow on purpose, so nothing is computed while its address and account have to wait (docs/adr/0019).

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

use crate::domain::client_network::client_network;
use crate::domain::entropy::{Entropy, random_bytes};
use crate::domain::failed_logins::{BackOff, Failures};
use crate::identity::turns::{Place, Reputation};

/// The most failures that are remembered; a flood of new addresses pushes out what is oldest and least asked for.
const MOST_FAILURES: usize = 65_536;
/// The most wrong passwords, and addresses with a right one, that are remembered.
const MOST_REMEMBERED: usize = 16_384;

/// True for an address whose failures do not count.
type IsExempt = dyn Fn(IpAddr) -> bool + Send + Sync;

/// Counts failed logins; clones count together.
#[derive(Clone)]
pub struct Throttle(Arc<Counts>);

struct Counts {
    rules: BackOff,
    is_exempt: Box<IsExempt>,
    /// Keeps fingerprints from being guessed; it is new in each process.
    key: [u8; 32],
    passwords: Cache<u128, Failures>,
    /// Apart, because a token costs nothing to guess: guesses push out no failures of passwords.
    tokens: Cache<u128, Failures>,
    adding: Mutex<()>,
    /// Passwords that do not fit a hash.
    wrong: Cache<u128, ()>,
    /// Addresses from which a password was right.
    proven: Cache<u128, ()>,
}

/// A login by password that may be tried.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt {
    /// The address and the account, unless the address is exempt.
    pair: Option<u128>,
    pub(super) place: Place,
}

impl Throttle {
    /// Counts by `rules`, but not the failures of addresses that are exempt.
    pub fn new(
        rules: BackOff,
        is_exempt: impl Fn(IpAddr) -> bool + Send + Sync + 'static,
        entropy: &dyn Entropy,
    ) -> Self {
        Self(Arc::new(Counts {
            rules,
            is_exempt: Box::new(is_exempt),
            key: random_bytes(entropy),
            passwords: Cache::new(MOST_FAILURES),
            tokens: Cache::new(MOST_FAILURES),
            adding: Mutex::default(),
            wrong: Cache::new(MOST_REMEMBERED),
            proven: Cache::new(MOST_REMEMBERED),
        }))
    }

    /// A login to `account` from `address`, or the time that it has to wait.
    pub(super) fn attempt(
        &self,
        address: Option<IpAddr>,
        account: &str,
        now: DateTime<Utc>,
    ) -> Result<Attempt, Duration> {
        let network = network_bytes(address);
        let of_address = self.fingerprint(&[b"address", &network]);
        let account = account.to_lowercase();
        let pair = self.fingerprint(&[b"pair", &network, account.as_bytes()]);
        let pair = Some(pair).filter(|_| self.counts(address));
        let failures = self.0.passwords.get(&of_address);
        let rules = &self.0.rules;
        let reputation = match failures.filter(|failures| failures.count_at(now)) {
            // A right password does not let its address flood the queue with wrong ones.
            Some(failures) if failures.are_many(rules, now) => Reputation::Failing,
            _ if self.0.proven.get(&of_address).is_some() => Reputation::Proven,
            Some(_) => Reputation::Failing,
            None => Reputation::Unknown,
        };
        let attempt = Attempt {
            pair,
            place: Place {
                reputation,
                address: of_address,
            },
        };
        self.may_go_on(attempt, now).map(|()| attempt)
    }

    /// The time that a login has to wait, if others like it have failed since it began.
    pub(super) fn may_go_on(&self, attempt: Attempt, now: DateTime<Utc>) -> Result<(), Duration> {
        let failures = attempt.pair.and_then(|pair| self.0.passwords.get(&pair));
        let wait = failures.and_then(|failures| failures.wait(&self.0.rules, now));
        wait.map_or(Ok(()), Err)
    }

    /// A fingerprint of a password that was presented for the hash of an account: that it does not fit is true for ever. The name
    /// is in it, so that nobody learns by the time which two names are one account.
    pub(super) fn of_password(&self, (name, hash): (&str, &str), password: &str) -> u128 {
        let name = name.to_lowercase();
        let hash = hash.as_bytes();
        self.fingerprint(&[b"password", name.as_bytes(), hash, password.as_bytes()])
    }

    /// True if that password did not fit before.
    pub(super) fn is_wrong(&self, password: u128) -> bool {
        self.0.wrong.get(&password).is_some()
    }

    /// Notes that a password does not fit.
    pub(super) fn note_wrong(&self, password: u128) {
        self.0.wrong.insert(password, ());
    }

    /// Notes that a login by password failed.
    pub(super) fn failed(&self, attempt: Attempt, password: u128, now: DateTime<Utc>) {
        if let Some(pair) = attempt.pair {
            self.add(&self.0.passwords, (pair, password), now);
            self.add(&self.0.passwords, (attempt.place.address, password), now);
        }
    }

    /// Notes that a login by password succeeded: its failures are forgotten.
    pub(super) fn succeeded(&self, attempt: Attempt) {
        if let Some(pair) = attempt.pair {
            self.0.passwords.remove(&pair);
        }
        self.0.proven.insert(attempt.place.address, ());
    }

    /// Notes that a token was refused, and returns the time that the caller is told to wait, if it has to. `token` is the digest
    /// of one that exists, which so throttles nothing else from its address; unknown ones count together.
    pub(super) fn token_failed(
        &self,
        address: Option<IpAddr>,
        (token, presented): (Option<&[u8]>, &[u8]),
        now: DateTime<Utc>,
    ) -> Option<Duration> {
        if !self.counts(address) {
            return None;
        }
        let network = network_bytes(address);
        let key = self.fingerprint(&[b"token", &network, token.unwrap_or_default()]);
        let earlier = self.0.tokens.get(&key);
        let secret = self.fingerprint(&[b"secret", presented]);
        self.add(&self.0.tokens, (key, secret), now);
        earlier?.wait(&self.0.rules, now)
    }

    fn counts(&self, address: Option<IpAddr>) -> bool {
        address.is_some_and(|address| !(self.0.is_exempt)(address))
    }

    fn add(&self, table: &Cache<u128, Failures>, (key, secret): (u128, u128), now: DateTime<Utc>) {
        // Two failures at a time are two.
        let _adding = self.0.adding.lock().unwrap_or_else(PoisonError::into_inner);
        let earlier = table.get(&key);
        let failures = earlier.map_or(Failures::first(secret, now), |earlier| {
            earlier.and(secret, now)
        });
        table.insert(key, failures);
    }

    /// A number that stands for these texts, as far as this process goes.
    fn fingerprint(&self, parts: &[&[u8]]) -> u128 {
        let mut digest = Sha256::new().chain_update(self.0.key);
        for part in parts {
            // The length keeps the parts apart.
            digest.update(part.len().to_le_bytes());
            digest.update(part);
        }
        let bytes: [u8; 32] = digest.finalize().into();
        let mut number = [0; 16];
        number.copy_from_slice(bytes.split_at(16).0);
        u128::from_le_bytes(number)
    }
}

/// The client's network, of an address that may be unknown.
fn network_bytes(address: Option<IpAddr>) -> [u8; 16] {
    match address.map(client_network) {
        Some(IpAddr::V4(address)) => address.to_ipv6_mapped().octets(),
        Some(IpAddr::V6(address)) => address.octets(),
        None => [0; 16],
    }
}

impl fmt::Debug for Throttle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Throttle")
            .field("rules", &self.0.rules)
            .finish_non_exhaustive()
    }
}
