//! Users in JSON.

use serde::Serialize;

use super::instant;
use crate::domain::ids::UserId;
use crate::domain::user::User;

/// A user, as an administrator sees them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserView {
    id: UserId,
    username: String,
    name: String,
    state: &'static str,
    email: Option<String>,
    is_admin: bool,
    external: bool,
    created_at: String,
}

impl From<&User> for UserView {
    fn from(user: &User) -> Self {
        Self {
            id: user.id,
            username: user.username.to_string(),
            name: user.name.clone(),
            state: user.state.name(),
            email: user.email.as_ref().map(ToString::to_string),
            is_admin: user.admin,
            external: user.external,
            created_at: instant(user.created_at),
        }
    }
}
