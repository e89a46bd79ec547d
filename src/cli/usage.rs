//! `wharfinger usage`.

use anyhow::{anyhow, bail};
use chrono::{NaiveDate, TimeDelta};
use clap::{Args, ValueEnum};

use crate::app::usage::UsageQuestion;
use crate::app::{Desk, DeskError};
use crate::cli::context::Context;
use crate::cli::input::{access_token_id, id, read};
use crate::cli::output::list::{List, Parts};
use crate::cli::output::owners::Owners;
use crate::domain::authority::Authority;
use crate::domain::ids::{AccessTokenId, DeployTokenId, UserId};
use crate::domain::moment::Moment;
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::namespaces::reference::{ExpectedNamespace, NamespaceReference};
use crate::domain::registry::repository_name::RepositoryName;
use crate::domain::usage::CredentialKind;
use crate::domain::usage::filter::{UsageFilter, UsageGrouping, UsageKey, UsageSum};
use crate::domain::users::username::Username;
use crate::representation::UsageView;

/// The days that are listed, if nothing is said.
const USUAL_DAYS: i64 = 30;

#[derive(Debug, Args)]
pub(super) struct UsageArguments {
    /// The thing for each of which it is added up.
    #[arg(long, value_enum, default_value = "day")]
    by: By,
    /// Only that of this personal access token.
    #[arg(long, value_name = "ID", value_parser = access_token_id, conflicts_with = "deploy_token")]
    token: Option<AccessTokenId>,
    /// Only that of this deploy token.
    #[arg(long, value_name = "ID", value_parser = deploy_token_id)]
    deploy_token: Option<DeployTokenId>,
    /// Only that of this user's tokens and logins; of a deleted one by their id.
    #[arg(long, value_name = "USER|ID", value_parser = read::<Username>)]
    user: Option<Username>,
    /// Only that of the repositories of this project.
    #[arg(long, value_name = "PATH", value_parser = read::<NamespacePath>, conflicts_with = "group")]
    project: Option<NamespacePath>,
    /// Only that of the repositories in this group and below.
    #[arg(long, value_name = "PATH", value_parser = read::<NamespacePath>)]
    group: Option<NamespacePath>,
    /// Only that of this repository, such as `team/app/worker`.
    #[arg(long, value_name = "NAME", value_parser = read::<RepositoryName>)]
    repository: Option<RepositoryName>,
    /// The first day (UTC); left out, 29 days before the last.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    from: Option<NaiveDate>,
    /// The last day (UTC); left out, today.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    to: Option<NaiveDate>,
}

/// The thing for each of which usage is added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    Day,
    Token,
    Repository,
    Project,
}

impl From<By> for UsageGrouping {
    fn from(by: By) -> Self {
        match by {
            By::Day => Self::Day,
            By::Token => Self::Token,
            By::Repository => Self::Repository,
            By::Project => Self::Project,
        }
    }
}

pub(super) async fn run(arguments: UsageArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let desk = context.desk().await?;
    let columns = columns(arguments.by);
    let question = arguments.question(&desk).await?;
    let (operator, mut list) = (Authority::operator(), List::new(context.output, columns));
    let mut parts = Parts::default();
    while let Some(part) = parts.wanted() {
        let part = desk.usage_page(&operator, question.clone(), part).await?;
        let sums = parts.taken(part);
        let users = sums.iter().filter_map(|sum| match sum.key {
            UsageKey::Credential(_, _, user) => user,
            UsageKey::Day(_) | UsageKey::Repository(_) | UsageKey::Namespace(_) => None,
        });
        let owners = Owners::of(&desk, users).await?;
        let views: Vec<_> = sums.iter().map(UsageView::new).collect();
        let rows = sums.iter().map(|sum| row(sum, &owners)).collect();
        if !list.part(&views, rows)? {
            return Ok(());
        }
    }
    list.end()
}

impl UsageArguments {
    async fn question(self, desk: &Desk) -> anyhow::Result<UsageQuestion> {
        let user = match self.user {
            Some(name) => Some(user_or_deleted(desk, name).await?),
            None => None,
        };
        let project = self
            .project
            .map(|path| NamespaceReference::at(ExpectedNamespace::Project, path));
        let group = self
            .group
            .map(|path| NamespaceReference::at(ExpectedNamespace::Parent, path));
        let of_token = self.token.map(|id| (CredentialKind::AccessToken, id.0));
        let of_machine = self
            .deploy_token
            .map(|id| (CredentialKind::DeployToken, id.0));
        let to = self.to.unwrap_or_else(|| desk.now().date_naive());
        if self.from.is_some_and(|from| from > to) {
            bail!(
                "--from is later than the last day, {to}; write an earlier day, or a later one with --to"
            );
        }
        let usual = to.checked_sub_signed(TimeDelta::days(USUAL_DAYS - 1));
        Ok(UsageQuestion {
            place: project.or(group),
            filter: UsageFilter {
                place: None,
                since: None,
                repository: self.repository,
                user,
                credential: of_token.or(of_machine),
                from: self.from.or(usual),
                to: Some(to),
            },
            grouping: self.by.into(),
        })
    }
}

/// The id of the user with that name, or of a deleted one: usage is kept, and their name is not.
async fn user_or_deleted(desk: &Desk, name: Username) -> anyhow::Result<UserId> {
    let (operator, wanted) = (Authority::operator(), name.clone().into());
    match desk.user(&operator, &wanted).await {
        Ok(user) => Ok(user.user().id),
        Err(error @ DeskError::NotFound { .. }) => name.as_str().parse().map_err(|_| {
            anyhow!(
                "{error}; usage of a deleted one is listed by their id, which `wharfinger usage --by token` tells"
            )
        }),
        Err(error) => Err(error.into()),
    }
}

/// Parses a day; it is counted as a whole, so a time of day would be lost.
fn day(text: &str) -> Result<NaiveDate, String> {
    match Moment::try_from(text) {
        Ok(Moment::Date(day)) => Ok(day),
        Ok(Moment::Instant(_)) => {
            Err("it has a time of day, and usage is kept by days; write YYYY-MM-DD".to_owned())
        }
        Err(_) => Err(format!("`{text}` is not a date; write YYYY-MM-DD")),
    }
}

fn deploy_token_id(text: &str) -> Result<DeployTokenId, String> {
    id(text, "deploy-token")
}

fn columns(by: By) -> &'static [&'static str] {
    match by {
        By::Day => &["DAY", "PULLS", "PUSHES", "DELETES", "REFUSED", "REASONS"],
        By::Token => &[
            "CREDENTIAL",
            "ID",
            "USER",
            "LAST DAY",
            "PULLS",
            "PUSHES",
            "DELETES",
            "REFUSED",
            "REASONS",
        ],
        By::Repository => &[
            "REPOSITORY",
            "LAST DAY",
            "PULLS",
            "PUSHES",
            "DELETES",
            "REFUSED",
            "REASONS",
        ],
        By::Project => &[
            "PROJECT", "LAST DAY", "PULLS", "PUSHES", "DELETES", "REFUSED", "REASONS",
        ],
    }
}

fn row(sum: &UsageSum, owners: &Owners) -> Vec<String> {
    let none = || "-".to_owned();
    let last = sum.last_day.to_string();
    let mut row = match sum.key {
        UsageKey::Day(day) => vec![day.to_string()],
        UsageKey::Credential(kind, id, user) => {
            let id = match kind {
                CredentialKind::AccessToken | CredentialKind::DeployToken => id.to_string(),
                _ => none(),
            };
            let user = user.map_or_else(none, |user| owners.name(user));
            vec![kind.name().to_owned(), id, user, last]
        }
        UsageKey::Repository(_) | UsageKey::Namespace(_) => {
            vec![sum.name.clone().unwrap_or_else(none), last]
        }
    };
    let counts = sum.counts;
    let numbers = [
        counts.pulls,
        counts.pushes,
        counts.deletes,
        counts.refused.total(),
    ];
    row.extend(numbers.map(|number| number.to_string()));
    row.push(reasons(sum).unwrap_or_else(none));
    row
}

/// The refusals by reason; none if there are none.
fn reasons(sum: &UsageSum) -> Option<String> {
    let refused = sum.counts.refused;
    let reasons = [
        ("hidden", refused.hidden),
        ("login_needed", refused.login_needed),
        ("role_too_low", refused.role_too_low),
        ("scope_missing", refused.scope_missing),
        ("outside", refused.outside),
        ("not_allowed", refused.not_allowed),
    ];
    let given = reasons.iter().filter(|(_, number)| *number > 0);
    let given: Vec<_> = given
        .map(|(word, number)| format!("{word} {number}"))
        .collect();
    (!given.is_empty()).then(|| given.join(", "))
}
