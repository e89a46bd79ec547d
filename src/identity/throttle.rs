//! The throttle: callers whose logins fail have to wait, longer each time.
//!
//! A token is always looked at first, so one that works is never refused, whatever came from its address before. A password takes a
//! hash that is slow on purpose, so nothing is computed while its address and account have to wait (docs/adr/0019).

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

use crate::domain::client_network::client_network;
use crate::domain::entropy::{Entropy, random_bytes};
use crate::domain::failed_logins::{BackOff, CODES_FORGOTTEN, FORGOTTEN, Failures};
use crate::domain::ids::UserId;
use crate::identity::turns::{Place, Reputation};

/// The most failures that are remembered; a flood of new addresses pushes out what is oldest and least asked for.
const MOST_FAILURES: usize = 65_536;
/// The most refused passwords, tries of second factors, and addresses with a right password, that are remembered.
const MOST_REMEMBERED: usize = 16_384;

/// True for an address whose failures do not count.
type IsExempt = dyn Fn(IpAddr) -> bool + Send + Sync;

/// The most codes in a row that are free, and the least that the longest wait after more may be: the settings are made for passwords.
const MOST_FREE_CODES: u32 = 10;
const LEAST_LONGEST_FOR_CODES: Duration = Duration::from_mins(5);

/// Counts failed logins; clones count together.
#[derive(Clone)]
pub struct Throttle(Arc<Counts>);

struct Counts {
    rules: BackOff,
    code_rules: BackOff,
    is_exempt: Box<IsExempt>,
    /// Keeps fingerprints from being guessed; it is new in each process.
    key: [u8; 32],
    passwords: Cache<u128, Failures>,
    /// Apart, because a token costs nothing to guess: guesses push out no failures of passwords.
    tokens: Cache<u128, Failures>,
    adding: Mutex<()>,
    /// Passwords that are being checked, each behind its address and account.
    under_way: Mutex<Vec<(u128, u128)>>,
    /// Passwords that were refused, and whether they fit the hash.
    refused: Cache<u128, bool>,
    /// Second factors that were tried, by address and user.
    codes: Cache<u128, Failures>,
    /// Codes that were tried, by user alone. Apart, because whoever has a password and many addresses may try as many recovery codes
    /// as they like: those push out nothing here.
    guesses: Cache<u128, Failures>,
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

/// A password that is being checked, until it is dropped.
#[derive(Debug)]
pub(super) struct PasswordUnderWay {
    throttle: Throttle,
    /// None if the address is exempt.
    guess: Option<(u128, u128)>,
}

/// A second factor that is being tried.
#[derive(Debug)]
pub struct SecondFactorAttempt {
    /// The address with the user, unless the address is exempt, and the user alone for what can be guessed.
    added: [Option<AddedFailure>; 2],
}

/// A failure that was added to those of a key.
#[derive(Debug, Clone, Copy)]
struct AddedFailure {
    key: u128,
    earlier: Option<Failures>,
    with_it: Failures,
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
            // Six digits can be guessed, whatever is good enough for passwords.
            code_rules: BackOff {
                free: rules.free.min(MOST_FREE_CODES),
                longest: rules.longest.max(LEAST_LONGEST_FOR_CODES),
            },
            is_exempt: Box::new(is_exempt),
            key: random_bytes(entropy),
            passwords: Cache::new(MOST_FAILURES),
            tokens: Cache::new(MOST_FAILURES),
            adding: Mutex::default(),
            under_way: Mutex::default(),
            refused: Cache::new(MOST_REMEMBERED),
            codes: Cache::new(MOST_REMEMBERED),
            guesses: Cache::new(MOST_REMEMBERED),
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
        let failures = pair.and_then(|pair| self.0.passwords.get(&pair));
        let wait = failures.and_then(|failures| failures.wait(rules, now));
        wait.map_or(Ok(attempt), Err)
    }

    /// Lets a password be checked that has its turn, or returns the time that it has to wait, if others like it have failed since its
    /// login began. Those that are being checked count as if they had failed: of many at a time, no more go on than of so many one
    /// after the other. The same password again is no other guess.
    pub(super) fn check(
        &self,
        attempt: Attempt,
        password: u128,
        now: DateTime<Utc>,
    ) -> Result<PasswordUnderWay, Duration> {
        let guess = attempt.pair.map(|pair| (pair, password));
        let mut under_way = self.under_way();
        if let Some((pair, password)) = guess {
            let others = under_way
                .iter()
                .filter(|(other, secret)| *other == pair && *secret != password);
            let failures = others.fold(self.0.passwords.get(&pair), |failures, (_, secret)| {
                Some(with_one_more(failures, *secret, (now, FORGOTTEN)))
            });
            if let Some(wait) = failures.and_then(|failures| failures.wait(&self.0.rules, now)) {
                return Err(wait);
            }
        }
        under_way.extend(guess);
        Ok(PasswordUnderWay {
            throttle: self.clone(),
            guess,
        })
    }

    fn under_way(&self) -> MutexGuard<'_, Vec<(u128, u128)>> {
        // The lock is held only to read and to change the list, so a poisoned one is whole.
        let under_way = self.0.under_way.lock();
        under_way.unwrap_or_else(PoisonError::into_inner)
    }

    /// A fingerprint of a password that was presented for the hash of an account: whether it fits is true for ever. The network
    /// is in it, so that nobody learns by the time, or by what does not count, that somebody else sends that password; and the name,
    /// so that nobody learns which two names are one account.
    pub(super) fn of_password(
        &self,
        attempt: Attempt,
        (name, hash): (&str, &str),
        password: &str,
    ) -> u128 {
        let network = attempt.place.address.to_le_bytes();
        let name = name.to_lowercase();
        let (name, hash) = (name.as_bytes(), hash.as_bytes());
        self.fingerprint(&[b"password", &network, name, hash, password.as_bytes()])
    }

    /// The answer whether that password fits, if it was refused before.
    pub(super) fn fits(&self, password: u128) -> Option<bool> {
        self.0.refused.get(&password)
    }

    /// Notes that a password was refused, and whether it fits.
    pub(super) fn note_refused(&self, password: u128, fits: bool) {
        self.0.refused.insert(password, fits);
    }

    /// Notes that a login by password failed.
    pub(super) fn failed(&self, attempt: Attempt, password: u128, now: DateTime<Utc>) {
        if let Some(pair) = attempt.pair {
            self.add(&self.0.passwords, (pair, password), now);
            self.add(&self.0.passwords, (attempt.place.address, password), now);
        }
    }

    /// Notes that a login by password succeeded: its failures are forgotten, and no others of its address, where somebody may guess
    /// who has an account there.
    pub(super) fn succeeded(&self, attempt: Attempt, now: DateTime<Utc>) {
        if let Some(pair) = attempt.pair {
            let _adding = self.0.adding.lock().unwrap_or_else(PoisonError::into_inner);
            let own = self.0.passwords.remove(&pair);
            if let Some((_, own)) = own.filter(|(_, own)| own.count_at(now)) {
                take_back(&self.0.passwords, attempt.place.address, own.count());
            }
        }
        self.0.proven.insert(attempt.place.address, ());
    }

    /// Lets a second factor of a user be tried from `address`, or returns the time that it has to wait. The try counts as a failure
    /// until [`Throttle::second_factor_was_right`]: of many at a time, no more go on than of so many one after the other.
    ///
    /// A code of six digits, which can be guessed, counts for the user alone too, also from exempt and unknown addresses: many addresses
    /// guess no faster than one. Recovery codes count apart, so that guesses from the same network keep nobody out who has one.
    pub fn try_second_factor(
        &self,
        (address, user): (Option<IpAddr>, UserId),
        (presented, is_guessable): (&[u8], bool),
        now: DateTime<Utc>,
    ) -> Result<SecondFactorAttempt, Duration> {
        let user = user.0.to_be_bytes();
        let kind: &[u8] = if is_guessable {
            b"code"
        } else {
            b"recovery code"
        };
        let pair = self.fingerprint(&[kind, &network_bytes(address), &user]);
        let all = self.fingerprint(&[b"codes", &user]);
        let secret = self.fingerprint(&[b"presented", presented]);
        let keys = [
            Some(pair).filter(|_| self.counts(address)),
            Some(all).filter(|_| is_guessable),
        ];
        // Two tries at a time are two.
        let _adding = self.0.adding.lock().unwrap_or_else(PoisonError::into_inner);
        let tables = self.code_tables();
        for (table, key) in tables.into_iter().zip(&keys) {
            let earlier = key.as_ref().and_then(|key| table.get(key));
            if let Some(wait) = earlier.and_then(|earlier| earlier.wait(&self.0.code_rules, now)) {
                return Err(wait);
            }
        }
        let add = |table| move |key| add(table, (key, secret), (now, CODES_FORGOTTEN));
        let ([by_address, by_user], [pair, all]) = (tables, keys);
        Ok(SecondFactorAttempt {
            added: [pair.map(add(by_address)), all.map(add(by_user))],
        })
    }

    /// The tables of tried second factors: by address and user, and by user alone.
    fn code_tables(&self) -> [&Cache<u128, Failures>; 2] {
        [&self.0.codes, &self.0.guesses]
    }

    /// Notes that a second factor was right: the failures before it are forgotten.
    pub fn second_factor_was_right(&self, attempt: &SecondFactorAttempt) {
        for (table, added) in self.code_tables().into_iter().zip(&attempt.added) {
            if let Some(added) = added {
                table.remove(&added.key);
            }
        }
    }

    /// Takes a try back that could not be judged, and the wait that it began.
    pub fn second_factor_was_not_judged(&self, attempt: &SecondFactorAttempt) {
        let _adding = self.0.adding.lock().unwrap_or_else(PoisonError::into_inner);
        for (table, added) in self.code_tables().into_iter().zip(&attempt.added) {
            if let Some(added) = added {
                undo(table, added);
            }
        }
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
        earlier?.wait(&self.0.rules, now)?;
        // It has failed once more, which makes the wait longer.
        self.0.tokens.get(&key)?.wait(&self.0.rules, now)
    }

    fn counts(&self, address: Option<IpAddr>) -> bool {
        address.is_some_and(|address| !(self.0.is_exempt)(address))
    }

    fn add(&self, table: &Cache<u128, Failures>, failure: (u128, u128), now: DateTime<Utc>) {
        // Two failures at a time are two.
        let _adding = self.0.adding.lock().unwrap_or_else(PoisonError::into_inner);
        add(table, failure, (now, FORGOTTEN));
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

/// Adds a failure; nobody else may add one at the same time.
fn add(
    table: &Cache<u128, Failures>,
    (key, secret): (u128, u128),
    (now, forgotten): (DateTime<Utc>, Duration),
) -> AddedFailure {
    let earlier = table.get(&key);
    let with_it = with_one_more(earlier, secret, (now, forgotten));
    table.insert(key, with_it);
    AddedFailure {
        key,
        earlier,
        with_it,
    }
}

/// Undoes an addition; nobody else may add a failure at the same time. Those that were added since stay.
fn undo(table: &Cache<u128, Failures>, added: &AddedFailure) {
    let is_last = table.get(&added.key) == Some(added.with_it);
    match added.earlier {
        Some(earlier) if is_last => table.insert(added.key, earlier),
        // The same secret again was not counted.
        Some(earlier) if earlier == added.with_it => {}
        _ => take_back(table, added.key, 1),
    }
}

/// Takes so many failures back; nobody else may add one at the same time.
fn take_back(table: &Cache<u128, Failures>, key: u128, number: u32) {
    let failures = table.get(&key);
    match failures.and_then(|failures| failures.without(number)) {
        Some(left) => table.insert(key, left),
        None => {
            table.remove(&key);
        }
    }
}

fn with_one_more(
    earlier: Option<Failures>,
    secret: u128,
    (now, forgotten): (DateTime<Utc>, Duration),
) -> Failures {
    earlier.map_or(Failures::first(secret, now), |earlier| {
        earlier.and(secret, now, forgotten)
    })
}

/// The client's network, of an address that may be unknown.
fn network_bytes(address: Option<IpAddr>) -> [u8; 16] {
    match address.map(client_network) {
        Some(IpAddr::V4(address)) => address.to_ipv6_mapped().octets(),
        Some(IpAddr::V6(address)) => address.octets(),
        None => [0; 16],
    }
}

impl Drop for PasswordUnderWay {
    fn drop(&mut self) {
        let mut under_way = self.throttle.under_way();
        let own = under_way
            .iter()
            .position(|guess| Some(*guess) == self.guess);
        if let Some(own) = own {
            under_way.swap_remove(own);
        }
    }
}

impl fmt::Debug for Throttle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Throttle")
            .field("rules", &self.0.rules)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "throttle_tests.rs"]
mod tests;
