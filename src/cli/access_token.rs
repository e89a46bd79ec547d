//! `wharfinger token`.

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use crate::app::Desk;
use crate::app::access_tokens::{AccessTokenRotation, CreatedAccessToken};
use crate::cli::context::{Context, user_id};
use crate::cli::input::{Confirmation, expiry, read};
use crate::domain::access_tokens::pattern::RepositoryPattern;
use crate::domain::access_tokens::policy::WantedEnd;
use crate::domain::access_tokens::scope::AccessTokenScope;
use crate::domain::access_tokens::{AccessToken, AccessTokenSpecification, CredentialState};
use crate::domain::authority::Authority;
use crate::domain::expiry::{Expiry, Lifetime};
use crate::domain::ids::AccessTokenId;
use crate::domain::text::{Description, DisplayName};
use crate::domain::users::username::Username;
use crate::representation::AccessTokenView;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a token; prints the secret, which nobody sees again.
    Create(CreateAccessTokenArguments),
    /// List tokens: id, name, state (active, grace, expired or revoked), scopes, end, repositories.
    List {
        /// Only the tokens of this user.
        #[arg(long, value_parser = read::<Username>)]
        user: Option<Username>,
    },
    /// Show one token.
    Show {
        /// The token's id.
        id: AccessTokenId,
    },
    /// Put a new token in the place of another; prints the secret, which nobody sees again.
    Rotate(Rotate),
    /// Revoke a token: it stops working at the next request, with those that were made with it.
    Revoke {
        /// The token's id.
        id: AccessTokenId,
        #[command(flatten)]
        confirmation: Confirmation,
    },
}

#[derive(Debug, Args)]
pub(super) struct CreateAccessTokenArguments {
    /// The user who will own the token.
    #[arg(long, value_parser = read::<Username>)]
    user: Username,
    /// The token's name.
    #[arg(long, value_parser = read::<DisplayName>)]
    name: DisplayName,
    /// A description.
    #[arg(long)]
    description: Option<String>,
    /// A scope: `read_registry`, `write_registry`, `delete_registry`, `read_user`, `read_api`, `api` or
    /// `self_rotate`; may be repeated.
    #[arg(long = "scope", required = true, value_delimiter = ',')]
    scopes: Vec<AccessTokenScope>,
    #[command(flatten)]
    end: End,
    /// Only for repositories that this pattern covers, such as 'team/*' or 'team/**'; may be repeated.
    #[arg(long = "repository", value_name = "PATTERN", value_parser = read::<RepositoryPattern>)]
    repositories: Vec<RepositoryPattern>,
}

#[derive(Debug, Args)]
pub(super) struct Rotate {
    /// The token's id.
    id: AccessTokenId,
    /// The time for which the old token works on beside the new one: 90m, 12h or 7d; without it, it stops at once.
    #[arg(long, value_name = "DURATION", value_parser = read::<Lifetime>)]
    grace: Option<Lifetime>,
    #[command(flatten)]
    end: End,
}

/// The end of a token.
#[derive(Debug, Clone, Copy, Args)]
#[group(multiple = false)]
struct End {
    /// The date on which it ends, at 00:00 UTC, or never.
    ///
    /// Left out, a new token ends as `access_tokens.default_lifetime` says, and one that takes another's place
    /// in 7 days if that had an end.
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = wanted_end)]
    expires_at: Option<WantedEnd>,
    /// The token's lifetime: 90m, 12h or 30d.
    #[arg(long, value_name = "DURATION", value_parser = read::<Lifetime>)]
    expires_in: Option<Lifetime>,
}

impl End {
    fn wanted(self, now: DateTime<Utc>) -> WantedEnd {
        match self.expires_in {
            Some(lifetime) => WantedEnd::At(Expiry::at(lifetime.after(now))),
            None => self.expires_at.unwrap_or(WantedEnd::Unsaid),
        }
    }
}

fn wanted_end(text: &str) -> Result<WantedEnd, String> {
    match text {
        "never" => Ok(WantedEnd::Never),
        date => expiry(date).map(WantedEnd::At),
    }
}

pub(super) async fn run(command: Command, context: &Context<'_>) -> anyhow::Result<()> {
    let desk = context.desk().await?;
    match command {
        Command::Create(arguments) => create(arguments, context, &desk).await,
        Command::List { user } => {
            let owner = match user {
                None => None,
                Some(name) => Some(user_id(&desk, name).await?),
            };
            let tokens = desk.access_tokens(&Authority::operator(), owner).await?;
            let views: Vec<_> = tokens
                .iter()
                .map(|token| AccessTokenView::new(token, desk.now()))
                .collect();
            let rows: Vec<_> = tokens.iter().map(|token| row(token, desk.now())).collect();
            context.output.list(
                &views,
                &["ID", "NAME", "STATE", "SCOPES", "ENDS", "REPOSITORIES"],
                &rows,
            )
        }
        Command::Show { id } => show(
            context,
            &desk,
            &desk.access_token(&Authority::operator(), id).await?,
        ),
        Command::Rotate(arguments) => rotate(arguments, context, &desk).await,
        Command::Revoke { id, confirmation } => {
            let token = desk.access_token(&Authority::operator(), id).await?;
            confirmation.ask(&format!(
                "Revoke token {id} ({})?",
                token.specification.name()
            ))?;
            show(
                context,
                &desk,
                &desk.revoke_access_token(&Authority::operator(), id).await?,
            )
        }
    }
}

async fn create(
    arguments: CreateAccessTokenArguments,
    context: &Context<'_>,
    desk: &Desk,
) -> anyhow::Result<()> {
    let scopes = arguments.scopes.into_iter().collect();
    let description = arguments.description.unwrap_or_default();
    let specification = AccessTokenSpecification::new(arguments.name, scopes)?
        .described(Description::read(&description)?)
        .limited_to(arguments.repositories)?;
    let created = desk
        .create_access_token(
            &Authority::operator(),
            &arguments.user.into(),
            specification,
            arguments.end.wanted(desk.now()),
        )
        .await?;
    print_once(context, desk, &created)
}

async fn rotate(arguments: Rotate, context: &Context<'_>, desk: &Desk) -> anyhow::Result<()> {
    let (operator, id) = (Authority::operator(), arguments.id);
    let rotation = AccessTokenRotation {
        end: arguments.end.wanted(desk.now()),
        grace: arguments.grace,
    };
    let created = desk.rotate_access_token(&operator, id, rotation).await?;
    let until = match desk.access_token(&operator, id).await?.grace_until {
        None => "works no longer".to_owned(),
        Some(end) => format!("works until {}", Expiry::at(end)),
    };
    let note = format!(
        "Token {} takes the place of token {id}, which {until}.",
        created.token.id
    );
    context.output.note(&note);
    print_once(context, desk, &created)
}

/// Prints the secret, the only time.
fn print_once(
    context: &Context<'_>,
    desk: &Desk,
    created: &CreatedAccessToken,
) -> anyhow::Result<()> {
    if created.token.state(desk.now()) == CredentialState::Expired {
        context
            .output
            .note("The token has already expired: its date has come.");
    }
    let view = AccessTokenView::new(&created.token, desk.now()).with_secret(&created.secret);
    context.output.one(&view, created.secret.expose())
}

fn show(context: &Context<'_>, desk: &Desk, token: &AccessToken) -> anyhow::Result<()> {
    let now = desk.now();
    context.output.one(
        &AccessTokenView::new(token, now),
        &row(token, now).join("\t"),
    )
}

fn row(token: &AccessToken, now: DateTime<Utc>) -> Vec<String> {
    let state = match token.state(now) {
        CredentialState::Active if token.is_in_grace(now) => "grace",
        state => state.name(),
    };
    let chosen = &token.specification;
    let patterns: Vec<&str> = chosen
        .repositories()
        .iter()
        .map(RepositoryPattern::as_str)
        .collect();
    vec![
        token.id.to_string(),
        chosen.name().to_owned(),
        state.to_owned(),
        chosen.scopes().to_string(),
        chosen
            .expiry()
            .map_or("-".to_owned(), |expiry| expiry.to_string()),
        if patterns.is_empty() {
            "all".to_owned()
        } else {
            patterns.join(" ")
        },
    ]
}
