//! Filters of lists of tokens.

use chrono::{DateTime, Utc};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use crate::cli::output::{Output, is_read_by_a_person};
use crate::domain::access_tokens::CredentialState;
use crate::domain::expiry::{Expiry, Lifetime};

/// The states that a list shows.
#[derive(Debug, Args)]
pub(in crate::cli) struct StateFilter {
    /// Only tokens in this state; may be repeated.
    #[arg(
        long = "state",
        value_enum,
        value_name = "STATE",
        value_delimiter = ','
    )]
    states: Vec<TokenState>,
    /// Also tokens that have expired or were revoked.
    #[arg(long, conflicts_with = "states")]
    all: bool,
}

/// The state of a token, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum TokenState {
    /// It works.
    Active,
    /// Another one took its place, and it works on for a while.
    Grace,
    /// It has expired.
    Expired,
    /// It was revoked.
    Revoked,
}

impl TokenState {
    /// The word for it.
    pub(in crate::cli) fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Grace => "grace",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }

    fn is_dead(self) -> bool {
        matches!(self, Self::Expired | Self::Revoked)
    }
}

impl From<CredentialState> for TokenState {
    fn from(state: CredentialState) -> Self {
        match state {
            CredentialState::Active => Self::Active,
            CredentialState::Expired => Self::Expired,
            CredentialState::Revoked => Self::Revoked,
        }
    }
}

/// The command that lists tokens which nothing takes the place of, without the state that they never have.
pub(in crate::cli) fn without_grace(list: clap::Command) -> clap::Command {
    let states = TokenState::value_variants().iter();
    let states = states.filter(|state| **state != TokenState::Grace);
    let known = PossibleValuesParser::new(states.filter_map(ValueEnum::to_possible_value));
    let read = known.try_map(|word: String| <TokenState as ValueEnum>::from_str(&word, false));
    list.mut_arg("states", |states| states.value_parser(read))
}

impl StateFilter {
    /// Keeps the tokens that are to be shown, and returns the number of the others.
    pub(in crate::cli) fn keep<T>(
        &self,
        tokens: &mut Vec<T>,
        state: impl Fn(&T) -> TokenState,
    ) -> usize {
        let before = tokens.len();
        tokens.retain(|token| {
            let state = state(token);
            self.states.contains(&state) || self.states.is_empty() && (self.all || !state.is_dead())
        });
        before - tokens.len()
    }

    /// Tells a person how many dead tokens were left out, unless they asked for certain states.
    pub(in crate::cli) fn tell(&self, output: &Output, left_out: usize) {
        if left_out > 0 && self.states.is_empty() && is_read_by_a_person() {
            output.note(&format!(
                "Left out, because they have expired or were revoked: {left_out}. --all lists them too."
            ));
        }
    }
}

/// True if something ends within a time from now.
pub(in crate::cli) fn ends_within(end: Option<Expiry>, time: Lifetime, now: DateTime<Utc>) -> bool {
    end.is_some_and(|end| end.instant() <= time.after(now))
}

/// True if something was not used for that long; the making of it counts as a use.
pub(in crate::cli) fn is_unused_for(
    last: DateTime<Utc>,
    time: Lifetime,
    now: DateTime<Utc>,
) -> bool {
    time.after(last) <= now
}
