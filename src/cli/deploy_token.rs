//! `wharfinger deploy-token`.

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use crate::app::Desk;
use crate::cli::context::Context;
use crate::cli::input::token_filter::{StateFilter, ends_within};
use crate::cli::input::{Confirmation, expiry, id, read, to_come};
use crate::cli::output::list::{List, Parts};
use crate::cli::output::secret_file::SecretOutput;
use crate::cli::output::table::Table;
use crate::cli::output::words::{end, until};
use crate::domain::access_tokens::scope::AccessTokenScope;
use crate::domain::authority::Authority;
use crate::domain::deploy_tokens::{DeployToken, DeployTokenSpecification, DeployUsername};
use crate::domain::expiry::{Expiry, Lifetime};
use crate::domain::ids::DeployTokenId;
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::namespaces::reference::NamespaceReference;
use crate::domain::text::DisplayName;
use crate::representation::DeployTokenView;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a deploy token; prints the secret, which nobody sees again.
    ///
    /// Machines log in with its user name and the secret, and pull and push in its group or project;
    /// elsewhere they are anonymous.
    Create(CreateDeployTokenArguments),
    /// List deploy tokens that work: name, user name, state, scopes, end, group or project.
    List {
        /// Only those of this group or project.
        #[arg(value_parser = read::<NamespacePath>)]
        path: Option<NamespacePath>,
        #[command(flatten)]
        states: StateFilter,
        /// Only deploy tokens that end within this time, such as 14d.
        #[arg(long, value_name = "DURATION", value_parser = read::<Lifetime>)]
        expires_within: Option<Lifetime>,
    },
    /// Revoke a deploy token: it opens nothing any more, on each instance within a second.
    ///
    /// Registry tokens that a client got with it before work until they end: for the registry's `pull_lifetime`, or
    /// `push_lifetime` if they can push.
    Revoke {
        /// The deploy token's id.
        #[arg(value_parser = |text: &str| id::<DeployTokenId>(text, "deploy-token"))]
        id: DeployTokenId,
        #[command(flatten)]
        confirmation: Confirmation,
    },
}

#[derive(Debug, Args)]
pub(super) struct CreateDeployTokenArguments {
    /// The group or project that the token is for.
    #[arg(value_parser = read::<NamespacePath>)]
    path: NamespacePath,
    /// The token's name.
    #[arg(long, value_parser = read::<DisplayName>)]
    name: DisplayName,
    /// A scope: `read_registry` or `write_registry`; may be repeated.
    #[arg(long = "scope", required = true, value_delimiter = ',')]
    scopes: Vec<AccessTokenScope>,
    /// The date on which it ends, at 00:00 UTC; without one it does not end.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = expiry)]
    expires_at: Option<Expiry>,
    /// The user name to log in with; deploy-token-ID, if there is none.
    #[arg(long, value_parser = read::<DeployUsername>)]
    username: Option<DeployUsername>,
    #[command(flatten)]
    output: SecretOutput,
}

const COLUMNS: [&str; 7] = ["ID", "NAME", "USER NAME", "STATE", "SCOPES", "ENDS", "FOR"];

pub(super) async fn run(command: Command, context: &Context<'_>) -> anyhow::Result<()> {
    let desk = context.desk().await?;
    match command {
        Command::Create(arguments) => create(arguments, context, &desk).await,
        Command::List {
            path,
            states,
            expires_within,
        } => {
            let namespace = path.map(NamespaceReference::shared);
            let (operator, now) = (Authority::operator(), desk.now());
            let (mut list, mut left_out) = (List::new(context.output, &COLUMNS), 0);
            let mut parts = Parts::default();
            while let Some(part) = parts.wanted() {
                let part = desk.deploy_tokens_ever(&operator, namespace.as_ref(), part);
                let mut tokens = parts.taken(part.await?);
                tokens.retain(|token| {
                    expires_within.is_none_or(|time| ends_within(token.expiry, time, now))
                });
                left_out += states.keep(&mut tokens, |token| token.state(now).into());
                let views = tokens.iter().map(|token| DeployTokenView::new(token, now));
                let rows = tokens.iter().map(|token| row(token, now));
                if !list.part(&views.collect::<Vec<_>>(), rows.collect())? {
                    return Ok(());
                }
            }
            states.tell(context.output, left_out);
            list.end()
        }
        Command::Revoke { id, confirmation } => revoke(id, confirmation, context, &desk).await,
    }
}

async fn create(
    arguments: CreateDeployTokenArguments,
    context: &Context<'_>,
    desk: &Desk,
) -> anyhow::Result<()> {
    let scopes = arguments.scopes.into_iter().collect();
    let mut specification = DeployTokenSpecification::new(arguments.name, scopes)?;
    specification.username = arguments.username;
    specification.expiry = to_come(arguments.expires_at, desk.now())?;
    let place = arguments.output.prepare()?;
    let made = desk
        .create_deploy_token(
            &Authority::operator(),
            &NamespaceReference::shared(arguments.path),
            &specification,
        )
        .await?;
    let (token, now) = (&made.token, desk.now());
    context.output.note(&format!(
        "Deploy token {} ({}) of {} is made{}; log in as {}.",
        token.id,
        token.name,
        token.path,
        until(token.expiry),
        token.username
    ));
    let without = DeployTokenView::new(token, now);
    let with = without.clone().with_secret(&made.secret);
    let secret = (made.secret.expose(), format!("deploy token {}", token.id));
    place.hand_over(context.output, secret, &with, &without)
}

async fn revoke(
    id: DeployTokenId,
    confirmation: Confirmation,
    context: &Context<'_>,
    desk: &Desk,
) -> anyhow::Result<()> {
    let operator = Authority::operator();
    let token = desk.deploy_token(&operator, None, id).await?;
    if token.revoked_at.is_some() {
        let note = format!("Deploy token {id} ({}) was already revoked.", token.name);
        context.output.note(&note);
        return show(context, desk, &token);
    }
    confirmation.ask(&format!("Revoke deploy token {id} ({})?", token.name))?;
    let revoked = desk.revoke_deploy_token(&operator, None, id).await?;
    let note = format!("Deploy token {id} ({}) is revoked.", revoked.name);
    context.output.note(&note);
    show(context, desk, &revoked)
}

fn show(context: &Context<'_>, desk: &Desk, token: &DeployToken) -> anyhow::Result<()> {
    let now = desk.now();
    let table = Table::new(&COLUMNS, vec![row(token, now)]);
    context
        .output
        .table(&DeployTokenView::new(token, now), &table)
}

fn row(token: &DeployToken, now: DateTime<Utc>) -> Vec<String> {
    vec![
        token.id.to_string(),
        token.name.clone(),
        token.username.to_string(),
        token.state(now).name().to_owned(),
        token.scopes.to_string(),
        end(token.expiry),
        token.path.to_string(),
    ]
}
