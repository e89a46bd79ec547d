//! `wharfinger refresh-token`.

use clap::Subcommand;

use crate::app::Desk;
use crate::cli::context::{Context, user_id};
use crate::cli::input::token_filter::{StateFilter, TokenState, is_unused_for};
use crate::cli::input::{Confirmation, id, read};
use crate::cli::output::list::{List, Parts};
use crate::cli::output::owners::Owners;
use crate::cli::output::table::Table;
use crate::cli::output::words::time;
use crate::domain::authority::Authority;
use crate::domain::expiry::Lifetime;
use crate::domain::ids::RefreshTokenId;
use crate::domain::refresh_tokens::RefreshToken;
use crate::domain::users::username::Username;
use crate::representation::RefreshTokenView;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List refresh tokens that work: owner, state, service, client, last use.
    List {
        /// Only the refresh tokens of this user.
        #[arg(value_name = "USER", value_parser = read::<Username>)]
        owner: Option<Username>,
        #[arg(long, hide = true, value_parser = read::<Username>, conflicts_with = "owner")]
        user: Option<Username>,
        #[command(flatten)]
        states: StateFilter,
        /// Only refresh tokens that nobody used for this time, such as 90d.
        #[arg(long, value_name = "DURATION", value_parser = read::<Lifetime>)]
        unused_for: Option<Lifetime>,
    },
    /// Revoke a refresh token: its client has to log in again.
    Revoke {
        /// The refresh token's id.
        #[arg(value_parser = |text: &str| id::<RefreshTokenId>(text, "refresh-token"))]
        id: RefreshTokenId,
        #[command(flatten)]
        confirmation: Confirmation,
    },
}

const COLUMNS: [&str; 6] = ["ID", "USER", "STATE", "SERVICE", "CLIENT", "LAST USED"];

pub(super) async fn run(command: Command, context: &Context<'_>) -> anyhow::Result<()> {
    let desk = context.desk().await?;
    let (lifetimes, now) = (context.config.refresh_tokens, desk.now());
    match command {
        Command::List {
            owner,
            user,
            states,
            unused_for,
        } => {
            let owner = match owner.or(user) {
                None => None,
                Some(name) => Some(user_id(&desk, name).await?),
            };
            let (operator, state) = (Authority::operator(), |token: &RefreshToken| {
                token.state(&lifetimes, now).into()
            });
            let (mut list, mut left_out) = (List::new(context.output, &COLUMNS), 0);
            let mut parts = Parts::default();
            while let Some(part) = parts.wanted() {
                let part = desk.refresh_tokens_page(&operator, owner, part).await?;
                let mut tokens = parts.taken(part);
                tokens.retain(|token| {
                    unused_for.is_none_or(|time| is_unused_for(token.last_used_at, time, now))
                });
                left_out += states.keep(&mut tokens, state);
                let owners = Owners::of(&desk, tokens.iter().map(|token| token.user_id)).await?;
                let view = |token| RefreshTokenView::new(token, &lifetimes, now);
                let views: Vec<_> = tokens.iter().map(view).collect();
                let rows = tokens.iter().map(|token| row(token, &owners, state(token)));
                if !list.part(&views, rows.collect())? {
                    return Ok(());
                }
            }
            states.tell(context.output, left_out);
            list.end()
        }
        Command::Revoke { id, confirmation } => revoke(id, confirmation, context, &desk).await,
    }
}

async fn revoke(
    id: RefreshTokenId,
    confirmation: Confirmation,
    context: &Context<'_>,
    desk: &Desk,
) -> anyhow::Result<()> {
    let operator = Authority::operator();
    let mut token = desk.refresh_token(&operator, id).await?;
    // After the revocation, an error while they are looked up would read as if nothing was done.
    let owners = Owners::of(desk, [token.user_id]).await?;
    if token.revoked_at.is_some() {
        let note = format!("Refresh token {id} was already revoked.");
        context.output.note(&note);
    } else {
        confirmation.ask(&format!("Revoke refresh token {id}?"))?;
        desk.revoke_refresh_token(&operator, id).await?;
        token.revoked_at = Some(desk.now());
        context
            .output
            .note(&format!("Refresh token {id} is revoked."));
    }
    let (lifetimes, now) = (context.config.refresh_tokens, desk.now());
    let row = row(&token, &owners, token.state(&lifetimes, now).into());
    let table = Table::new(&COLUMNS, vec![row]);
    let view = RefreshTokenView::new(&token, &lifetimes, now);
    context.output.table(&view, &table)
}

fn row(token: &RefreshToken, owners: &Owners, state: TokenState) -> Vec<String> {
    vec![
        token.id.to_string(),
        owners.name(token.user_id),
        state.name().to_owned(),
        token.service.clone(),
        token.client_id.clone().unwrap_or_else(|| "-".to_owned()),
        time(token.last_used_at),
    ]
}
