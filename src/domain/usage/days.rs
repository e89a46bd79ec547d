//! Usage day by day, without gaps.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use crate::domain::usage::UsageCounts;

/// The usage of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayOfUsage {
    /// The day (UTC).
    pub day: NaiveDate,
    /// The counts; all 0 if nothing was counted.
    pub counts: UsageCounts,
}

/// The first of `number` days of which `last` is the last.
pub fn first_of(number: u64, last: NaiveDate) -> NaiveDate {
    let before = Days::new(number.saturating_sub(1));
    last.checked_sub_days(before).unwrap_or(last)
}

/// Each day from `first` to `last`, with what was counted on it.
pub fn without_gaps(
    counted: impl IntoIterator<Item = DayOfUsage>,
    (first, last): (NaiveDate, NaiveDate),
) -> Vec<DayOfUsage> {
    let counted = counted.into_iter().map(|entry| (entry.day, entry.counts));
    let counted: BTreeMap<NaiveDate, UsageCounts> = counted.collect();
    let days = first.iter_days().take_while(|day| *day <= last);
    let entry = |day| DayOfUsage {
        day,
        counts: counted.get(&day).copied().unwrap_or_default(),
    };
    days.map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_on_which_nothing_was_counted_are_there_too() {
        let date = |text: &str| -> NaiveDate { text.parse().unwrap() };
        let last = date("2026-03-02");
        let first = first_of(4, last);
        assert_eq!(first, date("2026-02-27"));
        let counts = UsageCounts {
            pulls: 3,
            ..UsageCounts::default()
        };
        let counted = [DayOfUsage {
            day: date("2026-02-28"),
            counts,
        }];
        let days = without_gaps(counted, (first, last));
        let pulls: Vec<i64> = days.iter().map(|day| day.counts.pulls).collect();
        assert_eq!(pulls, [0, 3, 0, 0]);
        assert_eq!(days[3].day, last);
    }
}
