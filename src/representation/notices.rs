//! Notices in JSON, with the state of their delivery. Ours; GitLab has none.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::notices::TokenNotice;
use crate::domain::notices::outbox::{Channel, OutboxNotice};
use crate::representation::instant;

/// A notice about a token on one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Notice)]
pub struct NoticeView {
    id: i64,
    /// The id that the other side sees: `webhook-id`, and the first part of `Message-ID`.
    message_id: String,
    /// The kind of notice, such as `access_token.revoked`.
    #[serde(rename = "type")]
    kind: String,
    /// `webhook`, `owner_mail` or `operator_mail`; null if a newer version wrote it.
    channel: Option<&'static str>,
    /// The token that it is about, among those of its kind.
    token_id: i64,
    /// The owner of the token; null for deploy tokens.
    user_id: Option<i64>,
    /// A sentence for people; null if a newer version wrote it.
    message: Option<String>,
    /// `pending`, `delivered`, `failed` (given up) or `dropped` (it is not wanted any more, or nobody can get it).
    state: &'static str,
    attempts: u32,
    /// The reason why the last attempt failed.
    last_error: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    /// The time from which it is sent again; null if it is finished.
    #[schema(format = DateTime)]
    next_attempt_at: Option<String>,
    #[schema(format = DateTime)]
    finished_at: Option<String>,
}

impl NoticeView {
    /// The notice, with nothing left out.
    pub fn new(notice: &OutboxNotice) -> Self {
        let written = |at: Option<DateTime<Utc>>| at.map(instant);
        let content = notice.notice.as_ref();
        Self {
            id: notice.id.0,
            message_id: notice.message_id.clone(),
            kind: notice.kind.clone(),
            channel: notice.channel.map(Channel::name),
            token_id: notice.token_id,
            user_id: notice.user_id.map(|id| id.0),
            message: content.map(TokenNotice::sentence),
            state: notice.state.name(),
            attempts: notice.attempts,
            last_error: notice.last_error.clone(),
            created_at: instant(notice.created_at),
            next_attempt_at: written(notice.next_attempt_at),
            finished_at: written(notice.finished_at),
        }
    }
}
