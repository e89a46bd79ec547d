//! `wharfinger refresh-token`.

use clap::Subcommand;

use crate::cli::context::{Context, user_id};
use crate::cli::input::{Confirmation, read};
use crate::domain::authority::Authority;
use crate::domain::ids::RefreshTokenId;
use crate::domain::page::{MAX_PAGE_SIZE, PageRequest};
use crate::domain::refresh_tokens::{RefreshToken, RefreshTokenState};
use crate::domain::users::username::Username;
use crate::representation::RefreshTokenView;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List refresh tokens: id, user's id, state (active, expired or revoked), service, client, last use.
    List {
        /// Only the tokens of this user.
        #[arg(long, value_parser = read::<Username>)]
        user: Option<Username>,
    },
    /// Revoke one: its client has to log in again.
    Revoke {
        /// The refresh token's id.
        id: RefreshTokenId,
        #[command(flatten)]
        confirmation: Confirmation,
    },
}

pub(super) async fn run(command: Command, context: &Context<'_>) -> anyhow::Result<()> {
    let desk = context.desk().await?;
    match command {
        Command::List { user } => {
            let owner = match user {
                None => None,
                Some(name) => Some(user_id(&desk, name).await?),
            };
            let mut tokens: Vec<RefreshToken> = Vec::new();
            for number in 1.. {
                let request = PageRequest {
                    number,
                    size: MAX_PAGE_SIZE,
                };
                let page = desk
                    .refresh_tokens_page(&Authority::operator(), owner, request)
                    .await?;
                let is_last = number >= page.pages();
                tokens.extend(page.items);
                if is_last {
                    break;
                }
            }
            let lifetimes = &context.config.refresh_tokens;
            let now = desk.now();
            let view = |token: &RefreshToken| RefreshTokenView::new(token, lifetimes, now);
            let views: Vec<_> = tokens.iter().map(view).collect();
            let rows: Vec<_> = tokens
                .iter()
                .map(|token| row(token, token.state(lifetimes, now)))
                .collect();
            context.output.list(
                &views,
                &["ID", "USER ID", "STATE", "SERVICE", "CLIENT", "LAST USED"],
                &rows,
            )
        }
        Command::Revoke { id, confirmation } => {
            confirmation.ask(&format!("Revoke refresh token {id}?"))?;
            Ok(desk
                .revoke_refresh_token(&Authority::operator(), id)
                .await?)
        }
    }
}

fn row(token: &RefreshToken, state: RefreshTokenState) -> Vec<String> {
    let state = match state {
        RefreshTokenState::Active => "active",
        RefreshTokenState::Expired => "expired",
        RefreshTokenState::Revoked => "revoked",
    };
    vec![
        token.id.to_string(),
        token.user_id.to_string(),
        state.to_owned(),
        token.service.clone(),
        token.client_id.clone().unwrap_or_else(|| "-".to_owned()),
        token.last_used_at.to_rfc3339(),
    ]
}
