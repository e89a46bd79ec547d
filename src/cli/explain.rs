//! `wharfinger explain`.

use anyhow::bail;
use clap::Args;

use crate::app::registry::ExplainRequest;
use crate::cli::context::Context;
use crate::cli::input::{access_token_id, read};
use crate::domain::authority::Authority;
use crate::domain::decision::explanation::ExplainedAction;
use crate::domain::ids::AccessTokenId;
use crate::domain::registry::scope::Scope;
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
        bail!(
            "{}; write TYPE:NAME:ACTIONS, such as repository:team/app:pull,push",
            mistakes.join("; ")
        );
    }
    let scopes = Scope::parse_all(&arguments.scopes)?;
    if scopes.is_empty() {
        bail!("no scope is named; write TYPE:NAME:ACTIONS, such as repository:team/app:pull,push");
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

/// The words that give no scope and the actions that there are not: a service passes over them, and whoever asks for a
/// reason has mistyped them.
fn mistakes(values: &[String]) -> Vec<String> {
    let mut mistakes = Vec::new();
    for word in values.iter().flat_map(|value| value.split(' ')) {
        let actions = word.rsplit(':').next().unwrap_or_default().split(',');
        match Scope::parse(word) {
            None if word.is_empty() => {}
            None => mistakes.push(format!("`{word}` is no scope")),
            Some(scope) => mistakes.extend(
                actions
                    .filter(|action| scope.actions.iter().all(|known| known.name() != *action))
                    .map(|action| format!("`{action}` is no action in `{word}`")),
            ),
        }
    }
    mistakes
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
