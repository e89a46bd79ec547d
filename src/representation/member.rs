//! Members in JSON.

use chrono::NaiveDate;
use serde::Serialize;

use super::instant;
use crate::domain::expiry::Expiry;
use crate::domain::ids::UserId;
use crate::domain::namespace::Member;
use crate::domain::user::User;

/// A user's role in a group or project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MemberView {
    id: UserId,
    username: String,
    name: String,
    state: &'static str,
    access_level: i32,
    created_at: String,
    expires_at: Option<NaiveDate>,
}

impl From<&(Member, User)> for MemberView {
    fn from((member, user): &(Member, User)) -> Self {
        Self {
            id: user.id,
            username: user.username.to_string(),
            name: user.name.clone(),
            state: user.state.name(),
            access_level: member.level.number(),
            created_at: instant(member.created_at),
            expires_at: member.expiry.map(Expiry::date),
        }
    }
}
