//! Members in JSON.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::instant;
use crate::domain::expiry::Expiry;
use crate::domain::namespace::Member;
use crate::domain::user::User;

/// A user's role in a group or project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Member)]
pub struct MemberView {
    /// The user's id.
    id: i64,
    username: String,
    name: String,
    /// `active` or `blocked`.
    state: &'static str,
    avatar_url: Option<String>,
    web_url: String,
    /// 10 Guest, 20 Reporter, 30 Developer, 40 Maintainer, 50 Owner.
    access_level: i32,
    /// UTC with milliseconds, RFC 3339.
    #[schema(format = DateTime)]
    created_at: String,
    /// The date on which the role ends, at 00:00 UTC.
    expires_at: Option<NaiveDate>,
    membership_state: &'static str,
}

impl MemberView {
    /// The member; `base` is the address of our pages.
    pub fn new((member, user): &(Member, User), base: &str) -> Self {
        Self {
            id: user.id.0,
            username: user.username.to_string(),
            name: user.name.clone(),
            state: user.state.name(),
            avatar_url: None,
            web_url: format!("{base}/{}", user.username),
            access_level: member.level.number(),
            created_at: instant(member.created_at),
            expires_at: member.expiry.map(Expiry::date),
            membership_state: "active",
        }
    }
}
