//! `wharfinger token`.

mod change;
mod end;

use anyhow::bail;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use crate::app::Desk;
use crate::app::access_tokens::AccessTokenRotation;
use crate::cli::access_token::change::ChangeTokenArguments;
use crate::cli::access_token::end::TokenEnd;
use crate::cli::context::{Context, user_id};
use crate::cli::input::token_filter::{StateFilter, TokenState, ends_within};
use crate::cli::input::{Confirmation, access_token_id, read};
use crate::cli::output::list::{List, Parts};
use crate::cli::output::owners::Owners;
use crate::cli::output::secret_file::SecretOutput;
use crate::cli::output::table::Table;
use crate::cli::output::words::{end, maybe_time, until};
use crate::domain::access_tokens::filter::AccessTokenFilter;
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
pub(in crate::cli) enum Command {
    /// Make a token; prints the secret, which nobody sees again.
    Create(CreateAccessTokenArguments),
    /// List tokens that work: owner, name, state, scopes, end, end of the grace, last use, repositories.
    List(TokenListArguments),
    /// Show one token.
    Show {
        /// The token's id.
        #[arg(value_parser = access_token_id)]
        id: AccessTokenId,
    },
    /// Rename, describe, shorten or narrow a token; it never gets to do more.
    ///
    /// An earlier end shortens the tokens that were made with it, and without the scope `api` they are revoked.
    Change(ChangeTokenArguments),
    /// Put a new token in the place of another; prints the secret, which nobody sees again.
    Rotate(Rotate),
    /// Revoke a token, with those that were made with it: it opens nothing any more, on each instance within a second.
    ///
    /// Registry tokens that a client got with it before work until they end: for the registry's `pull_lifetime`, or
    /// `push_lifetime` if they can push.
    Revoke {
        /// The token's id.
        #[arg(value_parser = access_token_id)]
        id: AccessTokenId,
        #[command(flatten)]
        confirmation: Confirmation,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct CreateAccessTokenArguments {
    /// The user who will own the token.
    #[arg(long, value_parser = read::<Username>)]
    user: Username,
    /// The token's name.
    #[arg(long, value_parser = read::<DisplayName>)]
    name: DisplayName,
    /// A scope: `read_registry`, `write_registry`, `delete_registry`, `read_user`, `read_api`, `api` or
    /// `self_rotate`; may be repeated.
    #[arg(long = "scope", required = true, value_delimiter = ',')]
    scopes: Vec<AccessTokenScope>,
    #[command(flatten)]
    end: TokenEnd,
    /// Only for repositories that this pattern covers, such as 'team/*' or 'team/**'; may be repeated.
    #[arg(long = "repository", value_name = "PATTERN", value_parser = read::<RepositoryPattern>)]
    repositories: Vec<RepositoryPattern>,
    /// A description.
    #[arg(long)]
    description: Option<String>,
    #[command(flatten)]
    output: SecretOutput,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct TokenListArguments {
    /// Only the tokens of this user.
    #[arg(value_name = "USER", value_parser = read::<Username>)]
    owner: Option<Username>,
    #[arg(long, hide = true, value_parser = read::<Username>, conflicts_with = "owner")]
    user: Option<Username>,
    #[command(flatten)]
    states: StateFilter,
    /// Only tokens that end within this time, such as 14d.
    #[arg(long, value_name = "DURATION", value_parser = read::<Lifetime>)]
    expires_within: Option<Lifetime>,
    /// Only tokens that nobody used for this time, such as 90d.
    #[arg(long, value_name = "DURATION", value_parser = read::<Lifetime>)]
    unused_for: Option<Lifetime>,
}

/// The help of the end of a token that takes another's place, which is never endless in place of one that ends.
const END_OF_SUCCESSOR: [&str; 2] = [
    "The date on which it ends, at 00:00 UTC; `never` only in place of a token without an end",
    "Left out, the new token ends in 7 days if the old one had an end or tokens need one.",
];

#[derive(Debug, Args)]
#[command(mut_arg("expires_at", |option| option.help(END_OF_SUCCESSOR[0]).long_help(END_OF_SUCCESSOR.join("\n\n"))))]
pub(in crate::cli) struct Rotate {
    /// The token's id.
    #[arg(value_parser = access_token_id)]
    id: AccessTokenId,
    /// The time for which the old token works on beside the new one, but no longer than that: 90m, 12h or 7d; without it, it stops at once.
    #[arg(long, value_name = "DURATION", value_parser = read::<Lifetime>)]
    grace: Option<Lifetime>,
    #[command(flatten)]
    end: TokenEnd,
    #[command(flatten)]
    output: SecretOutput,
}

const COLUMNS: [&str; 9] = [
    "ID",
    "USER",
    "NAME",
    "STATE",
    "SCOPES",
    "ENDS",
    "GRACE UNTIL",
    "LAST USED",
    "REPOSITORIES",
];

pub(in crate::cli) async fn run(command: Command, context: &Context<'_>) -> anyhow::Result<()> {
    let desk = context.desk().await?;
    match command {
        Command::Create(arguments) => create(arguments, context, &desk).await,
        Command::List(arguments) => list(arguments, context, &desk).await,
        Command::Show { id } => {
            let token = desk.access_token(&Authority::operator(), id).await?;
            let owners = Owners::of(&desk, [token.user_id]).await?;
            show(context, &token, &owners, desk.now())
        }
        Command::Change(arguments) => {
            // Nothing that can fail comes after the change.
            let was = desk
                .access_token(&Authority::operator(), arguments.id)
                .await?;
            let owners = Owners::of(&desk, [was.user_id]).await?;
            let token = arguments.apply(&desk).await?;
            show(context, &token, &owners, desk.now())
        }
        Command::Rotate(arguments) => rotate(arguments, context, &desk).await,
        Command::Revoke { id, confirmation } => revoke(id, confirmation, context, &desk).await,
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
    let wanted = arguments.end.wanted(desk.now())?;
    let (owner, place) = (arguments.user.clone().into(), arguments.output.prepare()?);
    let created = desk
        .create_access_token(&Authority::operator(), &owner, specification, wanted)
        .await?;
    let (token, now) = (&created.token, desk.now());
    let chosen = &token.specification;
    context.output.note(&format!(
        "Token {} ({}) of {} is made: {}{}.",
        token.id,
        chosen.name(),
        arguments.user,
        chosen.scopes(),
        until(chosen.expiry())
    ));
    let without = AccessTokenView::new(token, now);
    let with = without.clone().with_secret(&created.secret);
    let secret = (created.secret.expose(), format!("token {}", token.id));
    place.hand_over(context.output, secret, &with, &without)
}

async fn list(
    arguments: TokenListArguments,
    context: &Context<'_>,
    desk: &Desk,
) -> anyhow::Result<()> {
    let owner = match arguments.owner.or(arguments.user) {
        None => None,
        Some(name) => Some(user_id(desk, name).await?),
    };
    let (operator, now) = (Authority::operator(), desk.now());
    let filter = AccessTokenFilter {
        owner,
        unused_since: arguments.unused_for.map(|time| time.before(now)),
        ..AccessTokenFilter::default()
    };
    let (mut list, mut left_out) = (List::new(context.output, &COLUMNS), 0);
    let mut parts = Parts::default();
    while let Some(part) = parts.wanted() {
        let part = desk.access_tokens_page(&operator, filter.clone(), part);
        let mut tokens = parts.taken(part.await?);
        tokens.retain(|token| {
            let ends = |time| ends_within(token.end(), time, now);
            arguments.expires_within.is_none_or(ends)
        });
        let state = |token: &AccessToken| state(token, now);
        left_out += arguments.states.keep(&mut tokens, state);
        let owners = Owners::of(desk, tokens.iter().map(|token| token.user_id)).await?;
        let views = tokens.iter().map(|token| AccessTokenView::new(token, now));
        let rows = tokens.iter().map(|token| row(token, &owners, now));
        if !list.part(&views.collect::<Vec<_>>(), rows.collect())? {
            return Ok(());
        }
    }
    arguments.states.tell(context.output, left_out);
    list.end()
}

async fn rotate(arguments: Rotate, context: &Context<'_>, desk: &Desk) -> anyhow::Result<()> {
    let (operator, id) = (Authority::operator(), arguments.id);
    let rotation = AccessTokenRotation {
        end: arguments.end.wanted(desk.now())?,
        grace: arguments.grace,
    };
    if rotation.end == WantedEnd::Never {
        let old = desk.access_token(&operator, id).await?;
        if old.specification.expiry().is_some() {
            bail!(
                "token {id} has an end, and so has the token that takes its place: write a date, or a lifetime with --expires-in; \
                 without either it is a week"
            );
        }
    }
    let place = arguments.output.prepare()?;
    let rotated = desk.rotate_access_token(&operator, id, rotation).await?;
    let created = rotated.made;
    let old = match rotated.old_works_until {
        None => "works no longer".to_owned(),
        Some(end) => format!("works until {}", Expiry::at(end)),
    };
    let (token, now) = (&created.token, desk.now());
    context.output.note(&format!(
        "Token {} takes the place of token {id}, which {old}.{}",
        token.id,
        token
            .specification
            .expiry()
            .map_or_else(String::new, |end| format!(" It works until {end}."))
    ));
    let without = AccessTokenView::new(token, now).beside_previous_until(rotated.old_works_until);
    let with = without.clone().with_secret(&created.secret);
    let secret = (created.secret.expose(), format!("token {}", token.id));
    place.hand_over(context.output, secret, &with, &without)
}

async fn revoke(
    id: AccessTokenId,
    confirmation: Confirmation,
    context: &Context<'_>,
    desk: &Desk,
) -> anyhow::Result<()> {
    let (operator, now) = (Authority::operator(), desk.now());
    let token = desk.access_token(&operator, id).await?;
    // After the revocation, an error while they are looked up would read as if nothing was done.
    let owners = Owners::of(desk, [token.user_id]).await?;
    let successor = desk.successor_of_access_token(&operator, &token).await?;
    let goes_on = successor.filter(|token| token.state(now) == CredentialState::Active);
    // A token that leaked may have been rotated meanwhile, by its thief too.
    let goes_on = goes_on.map_or_else(String::new, |token| {
        format!(" Token {0}, which took its place, works on; `wharfinger token revoke {0}` ends that too.", token.id)
    });
    let name = token.specification.name();
    if token.is_revoked(now) {
        let note = format!("Token {id} ({name}) was already revoked.{goes_on}");
        context.output.note(&note);
        return show(context, &token, &owners, now);
    }
    confirmation.ask(&format!("Revoke token {id} ({name})?"))?;
    let revoked = desk.revoke_access_token(&operator, id).await?;
    let note = format!("Token {id} ({name}) is revoked.{goes_on}");
    context.output.note(&note);
    show(context, &revoked, &owners, desk.now())
}

fn show(
    context: &Context<'_>,
    token: &AccessToken,
    owners: &Owners,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let table = Table::new(&COLUMNS, vec![row(token, owners, now)]);
    context
        .output
        .table(&AccessTokenView::new(token, now), &table)
}

fn state(token: &AccessToken, now: DateTime<Utc>) -> TokenState {
    if token.is_in_grace(now) {
        TokenState::Grace
    } else {
        token.state(now).into()
    }
}

fn row(token: &AccessToken, owners: &Owners, now: DateTime<Utc>) -> Vec<String> {
    let chosen = &token.specification;
    let patterns = chosen.repositories().iter().map(RepositoryPattern::as_str);
    let patterns: Vec<&str> = patterns.collect();
    vec![
        token.id.to_string(),
        owners.name(token.user_id),
        chosen.name().to_owned(),
        state(token, now).name().to_owned(),
        chosen.scopes().to_string(),
        end(chosen.expiry()),
        maybe_time(token.grace_until),
        maybe_time(token.last_used_at),
        if patterns.is_empty() {
            "all".to_owned()
        } else {
            patterns.join(" ")
        },
    ]
}
