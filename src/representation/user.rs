//! Users in JSON.

use serde::Serialize;
use utoipa::ToSchema;

use super::instant;
use crate::domain::user::User;

/// A user; with more than the name only for administrators and the user themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserView {
    id: i64,
    username: String,
    name: String,
    /// `active` or `blocked`.
    state: &'static str,
    avatar_url: Option<String>,
    web_url: String,
    #[serde(flatten)]
    more: Option<UserDetails>,
}

/// What not everybody sees of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UserDetails {
    /// UTC with milliseconds, RFC 3339.
    #[schema(format = DateTime)]
    created_at: String,
    email: Option<String>,
    /// Whether everything is theirs.
    is_admin: bool,
    /// Whether internal projects are closed to them.
    external: bool,
}

impl UserView {
    /// What everybody sees; `base` is the address of our pages.
    pub fn basic(user: &User, base: &str) -> Self {
        Self {
            id: user.id.0,
            username: user.username.to_string(),
            name: user.name.clone(),
            state: user.state.name(),
            avatar_url: None,
            web_url: format!("{base}/{}", user.username),
            more: None,
        }
    }

    /// Everything.
    pub fn full(user: &User, base: &str) -> Self {
        let more = UserDetails {
            created_at: instant(user.created_at),
            email: user.email.as_ref().map(ToString::to_string),
            is_admin: user.admin,
            external: user.external,
        };
        Self {
            more: Some(more),
            ..Self::basic(user, base)
        }
    }
}
