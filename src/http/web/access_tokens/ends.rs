//! The ends that a form offers for a token, as the policy allows.

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::access_tokens::policy::{AccessTokenPolicy, InvalidEnd, WantedEnd};
use crate::domain::expiry::{Expiry, Lifetime};
use crate::domain::moment::Moment;
use crate::http::web::page::error::sentence;
use crate::http::web::page::form::FilledForm;

/// The days that are offered.
const PRESETS: [u32; 4] = [7, 30, 90, 365];
/// The days that are chosen if nobody says anything.
const USUAL: u32 = 30;

/// The values of the choices that are no lifetimes.
const USUALLY: &str = "usual";
const LONGEST: &str = "longest";
const MAKER: &str = "maker";
const DATE: &str = "date";
const NEVER: &str = "never";

/// The field "Expires", with the date beside it.
#[derive(Debug, Clone)]
pub(super) struct EndField {
    pub(super) choices: Vec<EndChoice>,
    /// The date as it was typed.
    pub(super) date: String,
    /// The first date that can be chosen, and the last, if there is one.
    pub(super) first: String,
    pub(super) last: String,
    /// The choice that a person or a link asks for; empty if none is asked for.
    asked: String,
    /// The instant after which the policy lets nothing end, if there is one.
    latest: Option<DateTime<Utc>>,
}

/// One choice of the field.
#[derive(Debug, Clone)]
pub(super) struct EndChoice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) is_chosen: bool,
    end: WantedEnd,
}

impl EndField {
    /// The field as `form` fills it in, or with the usual choice: `expires_in` is a choice or a lifetime, and `expires_at`
    /// a date.
    pub(super) fn new(form: &FilledForm, policy: &AccessTokenPolicy, now: DateTime<Utc>) -> Self {
        let mut choices: Vec<EndChoice> = Vec::new();
        if let Some(usual) = policy.usual {
            choices.push(EndChoice::after("The usual time", USUALLY, usual, now));
        }
        let presets = PRESETS.map(|days| (days, Lifetime::of_days(days)));
        let is_allowed =
            |lifetime: Lifetime| policy.longest.is_none_or(|longest| lifetime <= longest);
        for (days, lifetime) in presets {
            if is_allowed(lifetime) {
                let (label, value) = (format!("In {days} days"), format!("{days}d"));
                choices.push(EndChoice::after(&label, &value, lifetime, now));
            }
        }
        let longest = policy.longest;
        if let Some(longest) =
            longest.filter(|&longest| presets.iter().all(|(_, preset)| *preset != longest))
        {
            choices.push(EndChoice::after("The longest time", LONGEST, longest, now));
        }
        let wanted = form.text("expires_in");
        // A link may ask for any lifetime.
        if !choices.iter().any(|choice| choice.value == wanted)
            && let Ok(lifetime) = Lifetime::try_from(wanted)
            && is_allowed(lifetime)
        {
            choices.push(EndChoice::after(
                &format!("In {wanted}"),
                wanted,
                lifetime,
                now,
            ));
        }
        let tomorrow = now.date_naive().succ_opt();
        let latest = longest.map(|longest| longest.after(now));
        let last = latest.map(|latest| latest.date_naive());
        choices.push(EndChoice::new("On a date", DATE, WantedEnd::Unsaid));
        if policy.allows_endless && longest.is_none() {
            choices.push(EndChoice::new("Never", NEVER, WantedEnd::Never));
        }
        let date = form.text("expires_at").to_owned();
        let usual = match (wanted, policy.usual) {
            ("", _) if !date.is_empty() => DATE.to_owned(),
            ("", Some(_)) => USUALLY.to_owned(),
            ("", None) => first_choice(&choices, &format!("{USUAL}d")),
            (wanted, _) => wanted.to_owned(),
        };
        let shown = |date: Option<NaiveDate>| date.map(|date| date.to_string()).unwrap_or_default();
        let mut field = Self {
            choices,
            date,
            first: shown(tomorrow),
            last: shown(last),
            asked: wanted.to_owned(),
            latest,
        };
        field.leave_out_impossible_dates();
        field.choose(&usual);
        field
    }

    /// The field for the token that takes the place of one with the end `old`, which was made with one with the end `maker`.
    /// The policy gives no successor of a token that ends no end (docs/gitlab-api.md §1.7), and none ends after its maker.
    pub(super) fn of_successor(mut self, old: Option<Expiry>, maker: Option<Expiry>) -> Self {
        let is_usual = self.date.is_empty() && self.asked.is_empty();
        if old.is_some() || maker.is_some() {
            self.choices.retain(|choice| choice.value != NEVER);
        }
        if let Some(maker) = maker {
            self.choices
                .retain(|choice| !matches!(choice.end, WantedEnd::At(end) if end > maker));
            if self.latest.is_none_or(|latest| maker.instant() <= latest) {
                let label = "With the token that it was made with";
                self.choices.insert(0, EndChoice::at(label, MAKER, maker));
            }
            let last = maker.instant().date_naive().to_string();
            if self.last.is_empty() || last < self.last {
                self.last = last;
            }
            self.leave_out_impossible_dates();
        }
        let values = || self.choices.iter().map(|choice| &*choice.value);
        if is_usual && values().any(|value| value == NEVER) {
            self.choose(NEVER);
        } else if self.asked == MAKER || (is_usual && self.is_unmet()) {
            self.choose(MAKER);
        }
        self
    }

    /// Takes the choice of a date away if there is none between the first and the last.
    fn leave_out_impossible_dates(&mut self) {
        if !self.last.is_empty() && self.last < self.first {
            self.choices.retain(|choice| choice.value != DATE);
        }
    }

    /// True if a date can be chosen.
    pub(super) fn has_dates(&self) -> bool {
        self.choices.iter().any(|choice| choice.value == DATE)
    }

    /// True if an end is asked for that is none of the choices.
    pub(super) fn is_unmet(&self) -> bool {
        !self.choices.iter().any(|choice| choice.is_chosen)
    }

    fn choose(&mut self, value: &str) {
        for choice in &mut self.choices {
            choice.is_chosen = choice.value == value;
        }
    }

    /// The end that is chosen, or the problem.
    pub(super) fn read(&self, now: DateTime<Utc>) -> Result<WantedEnd, String> {
        let chosen = self.choices.iter().find(|choice| choice.is_chosen);
        let chosen = chosen.ok_or_else(|| "Choose an end.".to_owned())?;
        if chosen.value != DATE {
            return if self.date.is_empty() {
                Ok(chosen.end)
            } else {
                Err("Choose “On a date” for the date beside it, or empty the date.".to_owned())
            };
        }
        let Ok(Moment::Date(date)) = Moment::try_from(&*self.date) else {
            return Err("Write the date as YYYY-MM-DD.".to_owned());
        };
        let end = Expiry::on(date);
        // The API takes a date that has passed, as GitLab's does; nobody who fills in a form means it.
        if end.has_passed(now) {
            return Err(format!("The first possible date is {}.", self.first));
        }
        Ok(WantedEnd::At(end))
    }
}

/// The sentence for an end that is not allowed.
pub(super) fn refusal(problem: InvalidEnd) -> String {
    match problem {
        // The API says "must be before" that date, in GitLab's words, and takes the date itself.
        InvalidEnd::TooLate(last) => format!("The last possible date is {last}."),
        problem => sentence(&format!("the end {problem}")),
    }
}

/// The value `wanted`, or that of the first choice.
fn first_choice(choices: &[EndChoice], wanted: &str) -> String {
    let mut values = choices.iter().map(|choice| choice.value.as_str());
    let first = values.clone().next().unwrap_or_default();
    values
        .find(|value| *value == wanted)
        .unwrap_or(first)
        .to_owned()
}

impl EndChoice {
    fn new(label: &str, value: &str, end: WantedEnd) -> Self {
        Self {
            value: value.to_owned(),
            label: label.to_owned(),
            is_chosen: false,
            end,
        }
    }

    /// The end after a lifetime, with its date.
    fn after(label: &str, value: &str, lifetime: Lifetime, now: DateTime<Utc>) -> Self {
        Self::at(label, value, Expiry::after(now, lifetime))
    }

    /// The end, with its date.
    fn at(label: &str, value: &str, end: Expiry) -> Self {
        let date = end.instant().format("%-d %b %Y");
        Self::new(&format!("{label} ({date})"), value, WantedEnd::At(end))
    }
}
