//! Uses of tokens: their times and addresses, and the precision with which these are written down.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use chrono::{DateTime, Duration, Utc};

use crate::domain::client_network::client_network;

/// The addresses from which a token was last used, the latest first, each once, with the time since
/// which each is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecentAddresses(Vec<(IpAddr, DateTime<Utc>)>);

/// A text that is not a list of addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an address with a time")]
pub struct InvalidAddresses(String);

/// The stored record of a token's uses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccessTokenUsage {
    /// The time of the last use.
    pub last_used_at: Option<DateTime<Utc>>,
    /// The latest addresses.
    pub addresses: RecentAddresses,
}

impl AccessTokenUsage {
    /// The addresses in networks from which the token was not used `before`, the oldest first, one of each network. The first
    /// address of a token is none, and an IPv6 network has 64 bits.
    pub fn new_addresses(&self, before: &RecentAddresses) -> Vec<IpAddr> {
        let mut known: BTreeSet<IpAddr> = before.iter().map(client_network).collect();
        if known.is_empty() {
            return Vec::new();
        }
        let mut news: Vec<IpAddr> = self.addresses.iter().collect();
        news.reverse();
        news.retain(|address| known.insert(client_network(*address)));
        news
    }
}

/// Uses of one token that are not written down yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uses {
    last: DateTime<Utc>,
    addresses: RecentAddresses,
}

/// The precision with which new uses are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsagePrecision {
    /// Enough for people to find tokens that nobody uses (docs/gitlab-api.md §1.6).
    Coarse,
    /// Every use, because the token is in its grace and someone waits for its last use, or because this is
    /// the last chance to write.
    Fine,
}

/// The result of merging new uses into the stored record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The new record, if it differs from the stored one.
    pub record: Option<AccessTokenUsage>,
    /// True if an address has to wait for its turn.
    pub is_unfinished: bool,
}

/// Most addresses that are kept, as in GitLab.
const MAX_ADDRESSES: usize = 5;
/// The time after a use at which the next one is written down.
const TIME_GRANULARITY: Duration = Duration::minutes(10);
/// The time after an address at which the next one is written down.
const ADDRESS_GRANULARITY: Duration = Duration::minutes(1);
/// The most by which another replica's clock may be ahead; what was noted later than that is of a clock that was wrong.
const CLOCK_DIFFERENCE: Duration = TIME_GRANULARITY;

impl RecentAddresses {
    /// The addresses, the latest first.
    pub fn iter(&self) -> impl Iterator<Item = IpAddr> {
        self.0.iter().map(|&(address, _)| address)
    }

    /// Adds a use; the oldest address makes way.
    fn add(&mut self, address: IpAddr, at: DateTime<Utc>) {
        if self.0.first().is_some_and(|&(latest, _)| latest == address) {
            return;
        }
        self.0.retain(|&(other, _)| other != address);
        self.0.insert(0, (address, at));
        self.0.truncate(MAX_ADDRESSES);
    }

    fn add_all(&mut self, later: &Self, at: DateTime<Utc>) {
        for address in later.0.iter().rev().map(|&(address, _)| address) {
            self.add(address, at);
        }
    }
}

impl fmt::Display for RecentAddresses {
    /// As it is stored: `address@seconds`, with spaces between.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (address, at)) in self.0.iter().enumerate() {
            let space = if position == 0 { "" } else { " " };
            write!(f, "{space}{address}@{}", at.timestamp())?;
        }
        Ok(())
    }
}

impl std::str::FromStr for RecentAddresses {
    type Err = InvalidAddresses;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = |entry: &str| {
            let (address, seconds) = entry.split_once('@')?;
            let at = DateTime::from_timestamp(seconds.parse().ok()?, 0)?;
            Some((address.parse().ok()?, at))
        };
        let entries = text
            .split_whitespace()
            .map(|entry| read(entry).ok_or_else(|| InvalidAddresses(entry.to_owned())));
        entries.collect::<Result<_, _>>().map(Self)
    }
}

impl Uses {
    /// One use.
    pub fn new(at: DateTime<Utc>, from: Option<IpAddr>) -> Self {
        let mut uses = Self {
            last: at,
            addresses: RecentAddresses::default(),
        };
        uses.add_one(at, from);
        uses
    }

    /// Adds a use, which may have been before those that are there: requests end in another order than they begin.
    pub fn add_one(&mut self, at: DateTime<Utc>, from: Option<IpAddr>) {
        self.last = self.last.max(at);
        if let Some(address) = from {
            self.addresses.add(address, at);
        }
    }

    /// Adds later uses.
    pub fn add(&mut self, later: &Self) {
        self.last = self.last.max(later.last);
        self.addresses.add_all(&later.addresses, later.last);
    }

    /// Merges these uses at `now` into the stored record. Times of the future, which a wrong clock has left, count for
    /// nothing: nobody would see another use before them.
    pub fn settle(
        &self,
        kept: &AccessTokenUsage,
        detail: UsagePrecision,
        now: DateTime<Utc>,
    ) -> Settled {
        let mut record = kept.clone();
        let is_possible = |at: DateTime<Utc>| at <= now + CLOCK_DIFFERENCE;
        let last = self.last.min(now);
        let before = kept.last_used_at.filter(|&before| is_possible(before));
        let elapsed = before.map(|before| last - before);
        let is_due = |granularity: Duration| match detail {
            UsagePrecision::Coarse => elapsed.is_none_or(|elapsed| elapsed >= granularity),
            UsagePrecision::Fine => elapsed.is_none_or(|elapsed| elapsed > Duration::zero()),
        };
        if is_due(TIME_GRANULARITY) {
            record.last_used_at = Some(last);
        }
        let mut addresses = kept.addresses.clone();
        addresses.add_all(&self.addresses, now);
        let newest = kept.addresses.0.first().filter(|(_, at)| is_possible(*at));
        let may_add = detail == UsagePrecision::Fine
            || newest.is_none_or(|&(_, before)| now - before >= ADDRESS_GRANULARITY);
        let is_unfinished = addresses != kept.addresses && !may_add;
        if may_add {
            record.addresses = addresses;
        }
        Settled {
            record: Some(record).filter(|record| record != kept),
            is_unfinished,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn used(seconds: i64, from: &str) -> Uses {
        Uses::new(at(seconds), Some(from.parse().unwrap()))
    }

    fn settled(uses: &Uses, kept: &AccessTokenUsage, detail: UsagePrecision) -> Settled {
        uses.settle(kept, detail, uses.last)
    }

    fn written(uses: &Uses, kept: &AccessTokenUsage, detail: UsagePrecision) -> AccessTokenUsage {
        settled(uses, kept, detail).record.unwrap()
    }

    fn shown(record: &AccessTokenUsage) -> (Option<i64>, Vec<String>) {
        let seconds = record
            .last_used_at
            .map(|instant| (instant - at(0)).num_seconds());
        let addresses = record.addresses.iter().map(|address| address.to_string());
        (seconds, addresses.collect())
    }

    #[test]
    fn the_time_is_written_every_ten_minutes_and_an_address_every_minute() {
        let first = written(
            &used(0, "::1"),
            &AccessTokenUsage::default(),
            UsagePrecision::Coarse,
        );
        assert_eq!(shown(&first), (Some(0), vec!["::1".to_owned()]));
        let same = settled(&used(599, "::1"), &first, UsagePrecision::Coarse);
        assert_eq!((same.record, same.is_unfinished), (None, false));
        let early = used(59, "10.0.0.1");
        let waiting = settled(&early, &first, UsagePrecision::Coarse);
        assert_eq!((waiting.record, waiting.is_unfinished), (None, true));
        let both = early
            .settle(&first, UsagePrecision::Coarse, at(60))
            .record
            .unwrap();
        let addresses = vec!["10.0.0.1".to_owned(), "::1".to_owned()];
        assert_eq!(shown(&both), (Some(0), addresses));
        let later = written(&used(600, "10.0.0.1"), &both, UsagePrecision::Coarse);
        assert_eq!(shown(&later).0, Some(600));
    }

    #[test]
    fn uses_are_added_in_whatever_order_they_come() {
        let mut uses = used(5, "::1");
        uses.add_one(at(3), Some("::2".parse().unwrap()));
        uses.add_one(at(4), None);
        let record = written(&uses, &AccessTokenUsage::default(), UsagePrecision::Coarse);
        let addresses = vec!["::2".to_owned(), "::1".to_owned()];
        assert_eq!(shown(&record), (Some(5), addresses));
    }

    #[test]
    fn in_its_grace_every_use_of_a_token_is_written() {
        let first = written(
            &used(0, "::1"),
            &AccessTokenUsage::default(),
            UsagePrecision::Fine,
        );
        let next = written(&used(1, "::2"), &first, UsagePrecision::Fine);
        let addresses = vec!["::2".to_owned(), "::1".to_owned()];
        assert_eq!(shown(&next), (Some(1), addresses));
        assert_eq!(
            settled(&used(0, "::2"), &next, UsagePrecision::Fine).record,
            None
        );
    }

    #[test]
    fn a_use_by_a_clock_that_was_ahead_hides_no_later_ones() {
        const YEARS: i64 = 5 * 365 * 24 * 3600;
        for detail in [UsagePrecision::Coarse, UsagePrecision::Fine] {
            let ahead = written(&used(YEARS, "::1"), &AccessTokenUsage::default(), detail);
            let next = settled(&used(1, "::2"), &ahead, detail);
            assert!(!next.is_unfinished);
            let addresses = vec!["::2".to_owned(), "::1".to_owned()];
            assert_eq!(shown(&next.record.unwrap()), (Some(1), addresses));
            // One that waited while the clock was set right.
            let mut waiting = used(YEARS, "::1");
            waiting.add(&used(1, "::1"));
            let written = waiting.settle(&AccessTokenUsage::default(), detail, at(2));
            assert_eq!(shown(&written.record.unwrap()).0, Some(2));
        }
        // Another replica's clock is a little ahead: its record stays.
        let kept = written(
            &used(5, "::1"),
            &AccessTokenUsage::default(),
            UsagePrecision::Coarse,
        );
        let same = settled(&used(0, "::1"), &kept, UsagePrecision::Coarse);
        assert_eq!((same.record, same.is_unfinished), (None, false));
    }

    #[test]
    fn five_addresses_are_kept_each_once_and_read_back() {
        let mut uses = used(0, "10.0.0.0");
        for number in 1..=6 {
            uses.add(&used(number, &format!("10.0.0.{number}")));
        }
        uses.add(&used(9, "10.0.0.4"));
        let record = written(&uses, &AccessTokenUsage::default(), UsagePrecision::Coarse);
        let expected = ["10.0.0.4", "10.0.0.6", "10.0.0.5", "10.0.0.3", "10.0.0.2"];
        assert_eq!(
            shown(&record),
            (Some(9), expected.map(str::to_owned).to_vec())
        );
        assert_eq!(record.addresses.to_string().parse(), Ok(record.addresses));
        assert!("10.0.0.1".parse::<RecentAddresses>().is_err());
        assert_eq!("".parse(), Ok(RecentAddresses::default()));
    }
}
