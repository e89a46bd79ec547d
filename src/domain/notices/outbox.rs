//! Notices on their way: channels, states, and the outcome of a delivery.

use chrono::{DateTime, Utc};

use crate::domain::ids::{NoticeId, UserId};
use crate::domain::notices::TokenNotice;
use crate::domain::page::IdBounds;

/// A way to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// The operator's webhook.
    Webhook,
    /// Mail to the owner of the token.
    OwnerMail,
    /// Mail to the operator.
    OperatorMail,
}

/// The channels that are configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Channels {
    /// True if there is a webhook.
    pub webhook: bool,
    /// True if owners get mail.
    pub owner_mail: bool,
    /// True if the operator gets mail.
    pub operator_mail: bool,
}

/// The state of a notice on one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoticeState {
    /// It is to be sent, perhaps again.
    Pending,
    /// The other side took it.
    Delivered,
    /// It was given up.
    Failed,
    /// It is not wanted any more, or there is nobody to whom it could go.
    Dropped,
}

/// The conditions of a list of notices; all must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NoticeFilter {
    /// Only those in this state.
    pub state: Option<NoticeState>,
    /// Only those whose ids are within these.
    pub ids: IdBounds,
}

/// A notice on one channel, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxNotice {
    /// Its id.
    pub id: NoticeId,
    /// The id that the other side sees; the same at each attempt.
    pub message_id: String,
    /// The kind, such as `access_token.revoked`.
    pub kind: String,
    /// The channel; none if a newer version wrote it.
    pub channel: Option<Channel>,
    /// The id of the token that it is about, among those of its kind.
    pub token_id: i64,
    /// The owner of the token, if that is a user.
    pub user_id: Option<UserId>,
    /// The notice; none if a newer version wrote it.
    pub notice: Option<TokenNotice>,
    /// The state.
    pub state: NoticeState,
    /// The number of attempts to send it.
    pub attempts: u32,
    /// The reason why the last attempt failed.
    pub last_error: Option<String>,
    /// The instant at which it was made.
    pub created_at: DateTime<Utc>,
    /// The instant from which it is sent again; none if it is finished.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// The instant at which it was finished.
    pub finished_at: Option<DateTime<Utc>>,
}

/// The result of an attempt to send a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// The other side took it.
    Delivered,
    /// It is tried again at that instant.
    Again(DateTime<Utc>, String),
    /// It is given up.
    Failed(String),
    /// There is nobody to whom it could go.
    Dropped(String),
}

impl Channel {
    /// Each channel.
    pub const ALL: [Self; 3] = [Self::Webhook, Self::OwnerMail, Self::OperatorMail];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::OwnerMail => "owner_mail",
            Self::OperatorMail => "operator_mail",
        }
    }
}

impl Channels {
    /// True if there is none.
    pub fn is_empty(self) -> bool {
        Channel::ALL.into_iter().all(|channel| !self.has(channel))
    }

    /// True if that channel is configured.
    pub fn has(self, channel: Channel) -> bool {
        match channel {
            Channel::Webhook => self.webhook,
            Channel::OwnerMail => self.owner_mail,
            Channel::OperatorMail => self.operator_mail,
        }
    }

    /// The channels on which a notice goes out: those about deploy tokens have no owner who could be written to.
    pub fn of(self, notice: &TokenNotice) -> impl Iterator<Item = Channel> {
        let has_owner = notice.owner().is_some();
        let fits = move |channel| channel != Channel::OwnerMail || has_owner;
        Channel::ALL
            .into_iter()
            .filter(move |channel| self.has(*channel) && fits(*channel))
    }
}

impl NoticeState {
    /// Each state.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Delivered, Self::Failed, Self::Dropped];

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
        }
    }
}

/// A text that is no state of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a notice is pending, delivered, failed or dropped")]
pub struct UnknownNoticeState;

impl TryFrom<&str> for NoticeState {
    type Error = UnknownNoticeState;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        let mut all = Self::ALL.into_iter();
        all.find(|state| state.name() == text)
            .ok_or(UnknownNoticeState)
    }
}
