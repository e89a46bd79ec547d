//! `/profile/sessions`: the browsers in which a user is signed in.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::domain::ids::SessionId;
use crate::domain::sessions::Session;
use crate::http::web::page::error::WebError;
use crate::http::web::page::layout::{Layout, show};
use crate::http::web::page::shown_time::ShownTime;
use crate::http::web::profile::session_end;
use crate::http::web::state::WebState;
use crate::http::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "profile/sessions.html")]
struct SessionsPage {
    layout: Layout,
    /// The times after which a session ends, in words.
    idle: String,
    absolute: String,
    rows: Vec<SessionRow>,
}

struct SessionRow {
    id: SessionId,
    device: String,
    address: String,
    signed_in: ShownTime,
    last_used: ShownTime,
    /// True for the session in which the page is shown.
    is_own: bool,
    /// The link to the question whether to end it.
    question: String,
}

impl SessionRow {
    fn new(session: &Session, own: SessionId, layout: &Layout) -> Self {
        let unknown = || "unknown".to_owned();
        Self {
            id: session.id,
            device: session.device.to_string(),
            address: session.address.map_or_else(unknown, |it| it.to_string()),
            signed_in: ShownTime(session.created_at),
            last_used: ShownTime(session.last_seen_at),
            is_own: session.id == own,
            question: layout.link(&session_end::path(session.id)),
        }
    }
}

pub(super) async fn list(
    State(state): State<WebState>,
    visitor: Visitor,
) -> Result<Response, WebError> {
    let own = visitor.session.id;
    let sessions = state.desk.own_sessions(&visitor.authority, &state.sessions);
    let sessions = sessions.await?;
    let layout = visitor.layout.at("/profile");
    show(&SessionsPage {
        idle: in_words(state.sessions.idle),
        absolute: in_words(state.sessions.absolute),
        rows: sessions
            .iter()
            .map(|session| SessionRow::new(session, own, &layout))
            .collect(),
        layout,
    })
}

/// A duration such as `7 days` or `1 hour 30 minutes`. Months are none: their lengths differ.
fn in_words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let parts = [
        (seconds / 86_400, "day"),
        (seconds / 3600 % 24, "hour"),
        (seconds / 60 % 60, "minute"),
        (seconds % 60, "second"),
    ];
    let parts = parts.into_iter().filter(|(number, _)| *number > 0);
    let words = parts.map(|(number, unit)| match number {
        1 => format!("1 {unit}"),
        _ => format!("{number} {unit}s"),
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::http::web::page::layout::{sample, sample_layout};

    #[test]
    fn months_are_told_in_days() {
        let told = |text| in_words(humantime::parse_duration(text).unwrap());
        assert_eq!(told("90d"), "90 days");
        assert_eq!(told("365d"), "365 days");
        assert_eq!(told("1d 1h 1m 1s"), "1 day 1 hour 1 minute 1 second");
        assert_eq!(told("5m"), "5 minutes");
    }

    #[test]
    fn a_sample_is_whole() {
        let row = |id, is_own| SessionRow {
            id: SessionId(id),
            device: "<b>".to_owned(),
            address: "2001:db8::1".to_owned(),
            signed_in: ShownTime(DateTime::UNIX_EPOCH),
            last_used: ShownTime(DateTime::UNIX_EPOCH),
            is_own,
            question: "/images/profile/sessions/1/end".to_owned(),
        };
        let html = sample(&SessionsPage {
            layout: sample_layout(Some("alice")),
            idle: in_words(Duration::from_hours(7 * 24)),
            absolute: in_words(Duration::from_mins(90)),
            rows: vec![row(1, true), row(2, false)],
        });
        assert!(
            html.contains("used for 7 days,") && html.contains("after 1 hour 30 minutes in"),
            "{html}"
        );
        let time = "<time datetime=\"1970-01-01T00:00:00Z\" title=\"1970-01-01 00:00:00 UTC\">";
        assert!(html.contains(time) && !html.contains("<b>"));
    }
}
