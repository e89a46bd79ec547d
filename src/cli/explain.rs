//! `wharfinger explain`.

use anyhow::bail;
use clap::Args;

use crate::app::registry::ExplainRequest;
use crate::cli::context::Context;
use crate::cli::input::{access_token_id, read};
use crate::domain::authority::Authority;
use crate::domain::decision::explanation::ExplainedAction;
use crate::domain::ids::AccessTokenId;
use crate::domain::registry::scope::{InvalidScope, Scope};
use crate::domain::users::username::Username;
use crate::representation::ExplanationView;

#[derive(Debug, Args)]
pub(super) struct ExplainArguments {
    /// The user whose request is replayed.
    #[arg(long, value_parser = read::<Username>)]
    user: Username,
    /// The id of the user's token that is presented; without it, their password is.
    #[arg(long, value_name = "ID", value_parser = access_token_id)]
    token: Option<AccessTokenId>,
    /// A requested scope, such as repository:team/app:push; may be repeated.
    #[arg(long = "scope", required = true)]
    scopes: Vec<String>,
}

pub(super) async fn run(arguments: ExplainArguments, context: &Context<'_>) -> anyhow::Result<()> {
    let mistakes = mistakes(&arguments.scopes);
    if !mistakes.is_empty() {
        bail!(mistakes.join("; "));
    }
    let scopes = Scope::parse_all(&arguments.scopes)?;
    if scopes.is_empty() {
        bail!("no scope is named; {}", InvalidScope::Form);
    }
    let desk = context.desk().await?;
    let question = ExplainRequest {
        user: Some(arguments.user.into()),
        token: arguments.token,
        scopes,
    };
    let explanation = desk.explain(&Authority::operator(), question).await?;
    let mut lines: Vec<String> = explanation
        .refused
        .iter()
        .map(|cause| format!("refused\t{cause}"))
        .collect();
    lines.extend(explanation.actions.iter().map(line));
    context
        .output
        .one(&ExplanationView::from(&explanation), &lines.join("\n"))
}

/// The words that give no scope, or not all that they ask for, each with the reason.
fn mistakes(values: &[String]) -> Vec<String> {
    let words = values.iter().flat_map(|value| value.split(' '));
    let mistake = |word| match Scope::check(word) {
        Err(reason) => Some(format!("`{word}` is no scope: {reason}")),
        Ok(()) => None,
    };
    let words = words.filter(|word| !word.is_empty());
    words.filter_map(mistake).collect()
}

fn line(explained: &ExplainedAction) -> String {
    let verdict = if explained.granted {
        "granted"
    } else {
        "denied"
    };
    let (kind, name) = (explained.resource.kind(), explained.resource.name());
    let namespace = explained
        .belongs_to
        .as_ref()
        .map_or(String::new(), |namespace| {
            format!("\tbelongs to {namespace}")
        });
    format!(
        "{verdict}\t{kind}:{name}:{}\t{}{namespace}",
        explained.action, explained.rule
    )
}
