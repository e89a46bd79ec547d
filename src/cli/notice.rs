//! `wharfinger notice`.

use clap::Subcommand;

use crate::cli::context::Context;
use crate::cli::input::read;
use crate::cli::output::list::{List, Parts};
use crate::cli::output::words::{maybe_time, time};
use crate::domain::authority::Authority;
use crate::domain::notices::outbox::{Channel, NoticeFilter, NoticeState, OutboxNotice};
use crate::representation::NoticeView;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List notices, newest first: time, type, channel, state, attempts, when it is sent again, and why the last attempt failed.
    List {
        /// Only notices that are pending, delivered, failed (given up) or dropped (they are not wanted any more, or nobody can get them).
        #[arg(long, value_name = "STATE", value_parser = read::<NoticeState>)]
        state: Option<NoticeState>,
    },
}

const COLUMNS: [&str; 9] = [
    "ID",
    "TIME",
    "TYPE",
    "TOKEN",
    "CHANNEL",
    "STATE",
    "ATTEMPTS",
    "NEXT ATTEMPT",
    "LAST ERROR",
];

pub(super) async fn run(command: Command, context: &Context<'_>) -> anyhow::Result<()> {
    let desk = context.desk().await?;
    let Command::List { state } = command;
    let filter = NoticeFilter {
        state,
        ..NoticeFilter::default()
    };
    let operator = Authority::operator();
    let mut list = List::new(context.output, &COLUMNS);
    let mut parts = Parts::newest_first();
    while let Some(part) = parts.wanted() {
        // A keyset has its own order.
        let found = desk.notices_page(&operator, filter, (true, part)).await?;
        let notices = parts.taken(found);
        let views: Vec<_> = notices.iter().map(NoticeView::new).collect();
        if !list.part(&views, notices.iter().map(row).collect())? {
            return Ok(());
        }
    }
    list.end()
}

fn row(notice: &OutboxNotice) -> Vec<String> {
    let none = || "-".to_owned();
    vec![
        notice.id.to_string(),
        time(notice.created_at),
        notice.kind.clone(),
        notice.token_id.to_string(),
        notice
            .channel
            .map_or_else(none, |channel| Channel::name(channel).to_owned()),
        notice.state.name().to_owned(),
        notice.attempts.to_string(),
        maybe_time(notice.next_attempt_at),
        notice.last_error.clone().unwrap_or_else(none),
    ]
}
