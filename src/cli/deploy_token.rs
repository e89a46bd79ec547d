//! `wharfinger deploy-token`.

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use crate::app::Desk;
use crate::cli::context::Context;
use crate::cli::input::{Confirmation, expiry, read};
use crate::domain::access_tokens::scope::AccessTokenScope;
use crate::domain::authority::Authority;
use crate::domain::deploy_tokens::{DeployToken, DeployTokenSpecification, DeployUsername};
use crate::domain::expiry::Expiry;
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
    /// List deploy tokens: id, name, user name, state, scopes, end, group or project.
    List {
        /// Only those of this group or project that were not revoked.
        #[arg(value_parser = read::<NamespacePath>)]
        path: Option<NamespacePath>,
    },
    /// Revoke a deploy token: it stops working at the next request.
    Revoke {
        /// The token's id.
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
    /// The user name to log in with; deploy-token-ID, if there is none.
    #[arg(long, value_parser = read::<DeployUsername>)]
    username: Option<DeployUsername>,
    /// A scope: `read_registry` or `write_registry`; may be repeated.
    #[arg(long = "scope", required = true, value_delimiter = ',')]
    scopes: Vec<AccessTokenScope>,
    /// The date on which it ends, at 00:00 UTC; without one it does not end.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = expiry)]
    expires_at: Option<Expiry>,
}

pub(super) async fn run(command: Command, context: &Context<'_>) -> anyhow::Result<()> {
    let desk = context.desk().await?;
    match command {
        Command::Create(arguments) => create(arguments, context, &desk).await,
        Command::List { path } => list(path, context, &desk).await,
        Command::Revoke { id, confirmation } => {
            confirmation.ask(&format!("Revoke deploy token {id}?"))?;
            let revoked = desk
                .revoke_deploy_token(&Authority::operator(), None, id)
                .await?;
            let view = DeployTokenView::new(&revoked, desk.now());
            context
                .output
                .one(&view, &row(&revoked, desk.now()).join("\t"))
        }
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
    specification.expiry = arguments.expires_at;
    let made = desk
        .create_deploy_token(
            &Authority::operator(),
            &NamespaceReference::shared(arguments.path),
            &specification,
        )
        .await?;
    context
        .output
        .note(&format!("Log in as {}.", made.token.username));
    let view = DeployTokenView::new(&made.token, desk.now()).with_secret(&made.secret);
    context.output.one(&view, made.secret.expose())
}

async fn list(
    path: Option<NamespacePath>,
    context: &Context<'_>,
    desk: &Desk,
) -> anyhow::Result<()> {
    let namespace = path.map(NamespaceReference::shared);
    let tokens = desk
        .deploy_tokens(&Authority::operator(), namespace.as_ref())
        .await?;
    let views: Vec<_> = tokens
        .iter()
        .map(|token| DeployTokenView::new(token, desk.now()))
        .collect();
    let rows: Vec<_> = tokens.iter().map(|token| row(token, desk.now())).collect();
    let columns = ["ID", "NAME", "USER NAME", "STATE", "SCOPES", "ENDS", "FOR"];
    context.output.list(&views, &columns, &rows)
}

fn row(token: &DeployToken, now: DateTime<Utc>) -> Vec<String> {
    vec![
        token.id.to_string(),
        token.name.clone(),
        token.username.to_string(),
        token.state(now).name().to_owned(),
        token.scopes.to_string(),
        token
            .expiry
            .map_or("-".to_owned(), |expiry| expiry.date().to_string()),
        token.path.to_string(),
    ]
}
