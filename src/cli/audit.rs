//! `wharfinger audit`.

use anyhow::bail;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use crate::app::Desk;
use crate::cli::context::Context;
use crate::cli::input::read;
use crate::cli::output::list::{List, Parts};
use crate::cli::output::standard_output::must_be_open;
use crate::cli::output::words::time;
use crate::domain::authority::Authority;
use crate::domain::events::EventAction;
use crate::domain::events::filter::{EventAuthor, EventFilter};
use crate::domain::events::stored::StoredEvent;
use crate::domain::moment::Moment;
use crate::domain::namespaces::path::NamespacePath;
use crate::representation::AuditEventView;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List events, newest first: time, author, action, what was changed, from where, and the details.
    List {
        #[command(flatten)]
        filter: AuditFilter,
    },
    /// Print events as JSON lines, oldest first, with the same fields as the API.
    Export {
        #[command(flatten)]
        filter: AuditFilter,
    },
}

/// The events that are wanted; all conditions must hold.
#[derive(Debug, Args)]
pub(super) struct AuditFilter {
    /// Only events of this user, or of this group or project with everything below it; also of a deleted one.
    #[arg(long, value_name = "USER|PATH", value_parser = read::<NamespacePath>)]
    entity: Option<NamespacePath>,
    /// Only changes by this user, or by "(operator)", the command line, or "(service)".
    #[arg(long, value_name = "USER")]
    author: Option<String>,
    /// Only changes of this kind, such as `access_token.created`.
    #[arg(long, value_parser = read::<EventAction>)]
    action: Option<EventAction>,
    /// Only events from this date or instant (UTC) on, such as 2026-03-14 or 2026-03-14T15:09:26Z.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    since: Option<DateTime<Utc>>,
    /// Only events up to this instant; a date means its beginning.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    until: Option<DateTime<Utc>>,
}

const COLUMNS: [&str; 7] = [
    "ID", "TIME", "AUTHOR", "ACTION", "TARGET", "ADDRESS", "DETAILS",
];

pub(super) async fn run(command: Command, context: &Context<'_>) -> anyhow::Result<()> {
    let desk = context.desk().await?;
    match command {
        Command::List { filter } => {
            let filter = filter.resolved(&desk).await?;
            let mut list = List::new(context.output, &COLUMNS);
            let mut parts = Parts::newest_first();
            while let Some(events) = next(&desk, &filter, &mut parts).await? {
                let views: Vec<_> = events.iter().map(AuditEventView::new).collect();
                if !list.part(&views, events.iter().map(row).collect())? {
                    return Ok(());
                }
            }
            list.end()
        }
        Command::Export { filter } => {
            must_be_open()?;
            let filter = filter.resolved(&desk).await?;
            let mut parts = Parts::default();
            while let Some(events) = next(&desk, &filter, &mut parts).await? {
                let mut lines = String::new();
                for event in &events {
                    lines += &serde_json::to_string(&AuditEventView::new(event))?;
                    lines.push('\n');
                }
                if !context.output.write(lines.as_bytes())? {
                    bail!("nobody reads standard output any more, and the export is not whole");
                }
            }
            Ok(())
        }
    }
}

/// The next events; none at the end.
async fn next(
    desk: &Desk,
    filter: &EventFilter,
    parts: &mut Parts,
) -> anyhow::Result<Option<Vec<StoredEvent>>> {
    let Some(part) = parts.wanted() else {
        return Ok(None);
    };
    // A keyset has its own order.
    let order = (false, part);
    let found = desk
        .audit_events_page(&Authority::operator(), None, filter.clone(), order)
        .await?;
    Ok(Some(parts.taken(found)))
}

impl AuditFilter {
    async fn resolved(self, desk: &Desk) -> anyhow::Result<EventFilter> {
        if let (Some(since), Some(until)) = (self.since, self.until)
            && since > until
        {
            bail!(
                "--since is later than --until, so there is no event between them; write the earlier time first"
            );
        }
        let place = match &self.entity {
            Some(name) => Some(desk.place_named(&Authority::operator(), name).await?),
            None => None,
        };
        Ok(EventFilter {
            place,
            author: self.author.as_deref().map(EventAuthor::named),
            action: self.action,
            created_after: self.since,
            created_before: self.until,
            ..EventFilter::default()
        })
    }
}

/// Parses a date or an instant.
fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    read::<Moment>(text).map(Moment::instant)
}

fn row(event: &StoredEvent) -> Vec<String> {
    let none = || "-".to_owned();
    let filled = |text: &str| {
        if text.is_empty() {
            none()
        } else {
            text.to_owned()
        }
    };
    vec![
        event.id.to_string(),
        time(event.created_at),
        event.actor.clone(),
        event.action.clone(),
        filled(&event.subject_name),
        event.address.clone().unwrap_or_else(none),
        filled(&event.sentence),
    ]
}
