//! Members in JSON.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::expiry::Expiry;
use crate::domain::members::{ListedMember, Member};
use crate::domain::namespaces::{Namespace, NamespaceKind};
use crate::representation::{BasicUserView, instant};

/// A user's role in a group or project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Member)]
pub struct MemberView {
    /// The user's id.
    id: i64,
    username: String,
    name: String,
    /// The address that everybody may see; there is none.
    public_email: Option<String>,
    /// `active` or `blocked`.
    state: &'static str,
    /// True while too many wrong passwords lock the user out, which does not happen here.
    locked: bool,
    avatar_url: Option<String>,
    web_url: String,
    /// The role: 10 Guest, 20 Reporter, 30 Developer, 40 Maintainer, 50 Owner.
    access_level: i32,
    /// UTC with milliseconds, RFC 3339.
    #[schema(format = DateTime)]
    created_at: String,
    /// The user who gave the role; null if it was given at the command line, or if that user is gone.
    created_by: Option<BasicUserView>,
    /// The date on which the role ends, at 00:00 UTC.
    expires_at: Option<NaiveDate>,
    membership_state: &'static str,
}

impl MemberView {
    /// The member; `base` is the address of our pages.
    pub fn new(listed: &ListedMember, base: &str) -> Self {
        let ListedMember {
            member,
            user,
            giver,
        } = listed;
        Self {
            id: user.id.0,
            username: user.username.to_string(),
            name: user.name.clone(),
            public_email: None,
            state: user.state.name(),
            locked: false,
            avatar_url: None,
            web_url: format!("{base}/{}", user.username),
            access_level: member.level.number(),
            created_at: instant(member.created_at),
            created_by: giver.as_ref().map(|giver| BasicUserView::new(giver, base)),
            expires_at: member.expiry.map(Expiry::date),
            membership_state: "active",
        }
    }
}

/// A namespace where a user has a role of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Membership)]
pub struct MembershipView {
    source_id: i64,
    source_name: String,
    /// `Project`, or `Namespace` for a group.
    source_type: &'static str,
    access_level: i32,
}

impl From<&(Namespace, Member)> for MembershipView {
    fn from((namespace, member): &(Namespace, Member)) -> Self {
        Self {
            source_id: namespace.id.0,
            source_name: namespace.name.clone(),
            source_type: match namespace.kind {
                NamespaceKind::Project => "Project",
                NamespaceKind::Group | NamespaceKind::User => "Namespace",
            },
            access_level: member.level.number(),
        }
    }
}
