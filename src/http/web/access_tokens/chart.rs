//! A small chart of a token's uses, day by day.

use askama::Template;

use crate::domain::usage::UsageCounts;
use crate::domain::usage::days::DayOfUsage;

/// The chart, with the same as a sentence and as a table.
#[derive(Debug, Template)]
#[template(path = "access_tokens/chart.html")]
pub(super) struct UsageChart {
    summary: String,
    bars: Vec<Bar>,
    /// The days on which it was used, the last one first.
    rows: Vec<Row>,
    /// The first and the last day.
    first: String,
    last: String,
    most: i64,
}

/// The bar of one day, in the chart's own units.
#[derive(Debug)]
struct Bar {
    x: usize,
    y: i64,
    height: i64,
    title: String,
}

/// The numbers of one day.
#[derive(Debug)]
struct Row {
    day: String,
    counts: UsageCounts,
}

/// The element is whole: its parts are escaped already.
impl askama::filters::HtmlSafe for UsageChart {}

/// The height of the highest bar.
const HEIGHT: i64 = 100;
/// The room of one bar, with the gap beside it.
const STEP: usize = 20;

impl UsageChart {
    /// The chart of `days`; none if nothing was counted.
    pub(super) fn of(days: &[DayOfUsage]) -> Option<Self> {
        let granted = |day: &DayOfUsage| granted(day.counts);
        let busiest = days.iter().max_by_key(|day| granted(day))?;
        let most = granted(busiest);
        let refused = days.iter().map(|day| day.counts.refused.total());
        let refused = refused.fold(0, i64::saturating_add);
        if most == 0 && refused == 0 {
            return None;
        }
        let all = days.iter().map(granted).fold(0, i64::saturating_add);
        let bars = days.iter().enumerate().map(|(place, day)| {
            let number = granted(day);
            // A day with any use is seen.
            let least = number.min(1).saturating_mul(2);
            let height = number.saturating_mul(HEIGHT) / most.max(1);
            let height = height.clamp(least, HEIGHT);
            Bar {
                x: place.saturating_mul(STEP),
                y: HEIGHT - height,
                height,
                title: format!("{}: {number}", shown(day)),
            }
        });
        let bars = bars.collect();
        let used = |day: &&DayOfUsage| granted(day) != 0 || day.counts.refused.total() != 0;
        let rows = days.iter().rev().filter(used).map(|day| Row {
            day: shown(day),
            counts: day.counts,
        });
        let most_on = match most {
            0 => String::new(),
            most => format!("; most on {}, {most}", shown(busiest)),
        };
        Some(Self {
            summary: format!(
                "{all} granted and {refused} refused in {} days{most_on}.",
                days.len()
            ),
            bars,
            first: days.first().map(shown).unwrap_or_default(),
            last: days.last().map(shown).unwrap_or_default(),
            most,
            rows: rows.collect(),
        })
    }
}

fn shown(day: &DayOfUsage) -> String {
    day.day.format("%-d %b %Y").to_string()
}

fn granted(counts: UsageCounts) -> i64 {
    let granted = [counts.pulls, counts.pushes, counts.deletes];
    granted.into_iter().fold(0, i64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(pulls: &[i64]) -> Vec<DayOfUsage> {
        let first: chrono::NaiveDate = "2026-03-01".parse().unwrap();
        let day = |(day, &pulls)| DayOfUsage {
            day,
            counts: UsageCounts {
                pulls,
                ..UsageCounts::default()
            },
        };
        first.iter_days().zip(pulls).map(day).collect()
    }

    #[test]
    fn no_day_is_the_busiest_of_a_token_that_was_only_refused() {
        let mut days = days(&[0, 0]);
        for day in &mut days {
            day.counts.refused.hidden = 1;
        }
        let chart = UsageChart::of(&days).unwrap();
        assert_eq!(chart.summary, "0 granted and 2 refused in 2 days.");
    }

    #[test]
    fn bars_are_as_high_as_their_days_are_busy() {
        let chart = UsageChart::of(&days(&[0, 1, 1000, 500])).unwrap();
        let heights: Vec<i64> = chart.bars.iter().map(|bar| bar.height).collect();
        assert_eq!(heights, [0, 2, 100, 50]);
        assert_eq!(
            chart.summary,
            "1501 granted and 0 refused in 4 days; most on 3 Mar 2026, 1000."
        );
        let days_with_uses: Vec<&str> = chart.rows.iter().map(|row| row.day.as_str()).collect();
        assert_eq!(days_with_uses, ["4 Mar 2026", "3 Mar 2026", "2 Mar 2026"]);
        let shown = chart.to_string();
        assert!(
            shown.contains("<svg") && !shown.contains("style="),
            "{shown}"
        );
        assert!(UsageChart::of(&days(&[0, 0])).is_none());
        assert!(UsageChart::of(&days(&[i64::MAX, i64::MAX])).is_some());
    }
}
