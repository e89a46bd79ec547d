//! The form of things in JSON: the same in the admin API and with `--json` on the command line.
//!
//! Field names and formats are GitLab's (docs/gitlab-api.md §2).

mod absent;
mod access_tokens;
mod associations;
mod audit_events;
mod deploy_tokens;
mod members;
mod namespaces;
mod notices;
mod refresh_tokens;
mod registry;
mod repositories;
mod two_factor;
mod usage;
mod users;

use chrono::{DateTime, SecondsFormat, Utc};

pub use absent::{AbsentInGroups, AbsentInProjects, AbsentInUsers};
pub use access_tokens::AccessTokenView;
pub use associations::{
    AccessLevelsView, AssociatedGroupView, AssociatedProjectView, AssociationsView,
};
pub use audit_events::AuditEventView;
pub use deploy_tokens::DeployTokenView;
pub use members::{MemberView, MembershipView};
pub use namespaces::{
    GroupOrProjectView, GroupView, LinksView, NamespaceView, ProjectStatisticsView, ProjectView,
};
pub use notices::NoticeView;
pub use refresh_tokens::RefreshTokenView;
pub use registry::{ExplainedActionView, ExplanationView};
pub use repositories::RepositoryView;
pub use two_factor::{RecoveryCodesView, TwoFactorView};
pub use usage::{RefusalsView, UsageView};
pub use users::{BasicUserView, UserDetails, UserView};

/// An instant as GitLab writes it: UTC with milliseconds.
fn instant(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Millis, true)
}
