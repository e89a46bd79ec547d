//! Giving a member another role, or another end to it.

use chrono::{DateTime, Utc};

use crate::app::desk::Desk;
use crate::app::error::ChangeError;
use crate::app::members::find::direct_member;
use crate::app::members::remove::keep_an_owner;
use crate::app::namespaces::find::namespace_for;
use crate::domain::authority::Authority;
use crate::domain::events::{AuditAction, AuditEvent};
use crate::domain::expiry::Expiry;
use crate::domain::ids::UserId;
use crate::domain::members::Member;
use crate::domain::members::access_level::AccessLevel;
use crate::domain::namespaces::reference::NamespaceReference;
use crate::domain::users::User;
use crate::storage::members;

/// What is to be changed of a member; what is left out stays.
#[derive(Debug, Clone, Default)]
pub struct MemberChange {
    /// Another role.
    pub level: Option<AccessLevel>,
    /// Another end, or none.
    pub expiry: Option<Option<Expiry>>,
}

impl Desk {
    /// Changes the role that a user has in that very namespace.
    #[tracing::instrument(name = "app.change_member", skip_all)]
    pub async fn change_member(
        &self,
        authority: &Authority,
        (name, user): (&NamespaceReference, UserId),
        wanted: MemberChange,
    ) -> Result<(Member, User), ChangeError> {
        let change = self.begin().await?;
        let standing = namespace_for(&change, authority, name, change.now()).await?;
        let (held, user) = direct_member(&change, &standing.namespace, user, change.now()).await?;
        let level = wanted.level.unwrap_or(held.level);
        let grant = authority.change_role(&standing, &held, level)?;
        if let Some(expiry) = wanted.expiry {
            check_expiry(expiry, change.now())?;
        }
        let lowered = (held.level > level).then_some(&held);
        keep_an_owner(&change, authority, &standing, lowered).await?;
        let member = Member {
            level,
            expiry: wanted.expiry.unwrap_or(held.expiry),
            ..held
        };
        members::put(&change, standing.namespace.id, &member).await?;
        let ends = member
            .expiry
            .map_or_else(String::new, |expiry| format!(" until {}", expiry.date()));
        let detail = format!("{} as {level}{ends}", user.username);
        let event = AuditEvent::new(AuditAction::MemberChanged, &standing.namespace.path);
        change.commit(&grant, event.with_detail(detail)).await?;
        Ok((member, user))
    }
}

/// A role that ended before today is none; GitLab says so in these words.
pub(in crate::app) fn check_expiry(
    expiry: Option<Expiry>,
    now: DateTime<Utc>,
) -> Result<(), ChangeError> {
    match expiry {
        Some(expiry) if expiry.date() < now.date_naive() => Err(ChangeError::Invalid {
            field: "expires_at",
            problem: "cannot be a date in the past".to_owned(),
        }),
        _ => Ok(()),
    }
}
