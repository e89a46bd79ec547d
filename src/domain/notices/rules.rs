//! The operator's choices about notices.

use crate::domain::notices::ends::DaysBefore;
use crate::domain::notices::outbox::Channels;

/// The choices about notices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRules {
    /// The numbers of days before the end of a token at which its people are told.
    pub days_before: DaysBefore,
    /// The most notices about new addresses of one token within a day.
    pub addresses_per_day: u32,
    /// The channels that are configured.
    pub channels: Channels,
}

/// The protection of the connection to a mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailProtection {
    /// The connection becomes TLS before anything is said (RFC 3207).
    StartTls,
    /// The connection is TLS (RFC 8314).
    Tls,
    /// None.
    Plain,
}
