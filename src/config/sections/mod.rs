//! The sections, each with its keys.

pub(in crate::config) mod access_tokens;
mod audit;
mod database;
mod failed_logins;
mod keys;
pub(in crate::config) mod listeners;
mod log;
mod notices;
mod passwords;
pub(in crate::config) mod refresh_tokens;
pub(in crate::config) mod registries;
pub(in crate::config) mod sessions;
mod shutdown;
pub(in crate::config) mod token_limits;
mod traces;
mod two_factor;
mod usage;

pub use audit::Audit;
pub use database::Database;
pub use failed_logins::FailedLogins;
pub use keys::Keys;
pub use listeners::{AdminApi, Ops, TokenEndpoint};
pub use log::{Log, LogFormat};
pub use notices::{MailSettings, NoticeSettings, WebhookSettings};
pub use passwords::PasswordChecks;
pub use shutdown::Shutdown;
pub use traces::Traces;
pub use two_factor::TwoFactorSettings;
pub use usage::Usage;
