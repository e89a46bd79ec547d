//! How things look in JSON: the same in the admin API and with `--json` on the command line.
//!
//! Field names and formats are GitLab's (gitlab-api.md 2).

mod association;
mod deploy_token;
mod explanation;
mod member;
mod namespace;
mod personal_access_token;
mod refresh_token;
mod user;

use chrono::{DateTime, SecondsFormat, Utc};

pub use association::{
    AccessLevelsView, AssociatedGroupView, AssociatedProjectView, AssociationsView,
};
pub use deploy_token::DeployTokenView;
pub use explanation::{ExplainedActionView, ExplanationView};
pub use member::{MemberView, MembershipView};
pub use namespace::{GroupView, LinksView, NamespaceView, PlaceView, ProjectView};
pub use personal_access_token::PersonalAccessTokenView;
pub use refresh_token::RefreshTokenView;
pub use user::{UserDetails, UserView};

/// An instant as GitLab writes it: UTC with milliseconds.
fn instant(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Millis, true)
}
