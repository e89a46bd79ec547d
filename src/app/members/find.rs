//! Finding members.

use chrono::{DateTime, Utc};

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::namespaces::find::namespace_for;
use crate::app::namespaces::list::seen_among;
use crate::app::users::find::user_for;
use crate::domain::authority::Authority;
use crate::domain::ids::UserId;
use crate::domain::members::filter::MemberFilter;
use crate::domain::members::{ListedMember, Member};
use crate::domain::namespaces::reference::NamespaceReference;
use crate::domain::namespaces::{Namespace, NamespaceKind};
use crate::domain::page::{Listing, PageRequest, Paging};
use crate::domain::users::User;
use crate::domain::users::reference::UserReference;
use crate::storage::{Source, members, namespaces, users};

/// The roles that count as those of a namespace's members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InheritedRoles {
    /// Only roles that were given in the very namespace.
    Excluded,
    /// Also roles that were given above it; the highest of each user counts.
    Included,
}

impl Desk {
    /// A part of the members of a namespace, for all who may see the namespace.
    pub async fn members_page(
        &self,
        authority: &Authority,
        (name, inherited): (&NamespaceReference, InheritedRoles),
        filter: &MemberFilter,
        paging: Paging,
    ) -> Result<Listing<ListedMember>, DeskError> {
        let namespace = self.namespace(authority, name).await?.namespace;
        let namespaces = self.reached(authority, namespace, inherited).await?;
        let now = self.now();
        Ok(members::page(&self.db, &namespaces, filter, now, paging).await?)
    }

    /// One member of a namespace.
    pub async fn member(
        &self,
        authority: &Authority,
        (name, inherited): (&NamespaceReference, InheritedRoles),
        user: UserId,
    ) -> Result<ListedMember, DeskError> {
        let namespace = namespace_for(&self.db, authority, name, self.now())
            .await?
            .namespace;
        let namespaces = self
            .reached(authority, namespace.clone(), inherited)
            .await?;
        let filter = MemberFilter {
            users: Some(vec![user]),
            ..MemberFilter::default()
        };
        let first = Paging::Offset(PageRequest::default());
        let found = members::page(&self.db, &namespaces, &filter, self.now(), first).await?;
        let found = found.items.into_iter().next();
        found.ok_or_else(|| no_member(&user, &namespace))
    }

    /// A part of the roles that were given to a user, for administrators.
    pub async fn memberships_page(
        &self,
        authority: &Authority,
        user: &UserReference,
        kind: Option<NamespaceKind>,
        paging: Paging,
    ) -> Result<Listing<(Namespace, Member)>, DeskError> {
        authority.require_administrator()?;
        let user = user_for(&self.db, user).await?;
        let now = self.now();
        Ok(members::page_of_user(&self.db, user.id, kind, now, paging).await?)
    }

    /// The namespaces whose members count. The members of a group that the caller may not see are not shown
    /// in a public project in it. Whose name a path begins with is no secret.
    async fn reached(
        &self,
        authority: &Authority,
        namespace: Namespace,
        inherited: InheritedRoles,
    ) -> Result<Vec<Namespace>, DeskError> {
        if inherited == InheritedRoles::Excluded {
            return Ok(vec![namespace]);
        }
        let mut all = namespaces::and_ancestors(&self.db, &namespace).await?;
        let seen = seen_among(&self.db, authority, &all, self.now()).await?;
        all.retain(|namespace| {
            namespace.kind == NamespaceKind::User || seen.contains(&namespace.id)
        });
        Ok(all)
    }
}

/// The member with the user who gave them the role.
pub(super) async fn listed(
    source: &impl Source,
    (member, user): (Member, User),
) -> Result<ListedMember, DeskError> {
    let giver = match member.given_by {
        Some(id) => users::find(source, id).await?,
        None => None,
    };
    Ok(ListedMember {
        member,
        user,
        giver,
    })
}

/// The role that was given to a user in that very namespace and lasts at `now`.
pub(in crate::app) async fn direct_member(
    source: &impl Source,
    namespace: &Namespace,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<(Member, User), DeskError> {
    let user = users::find(source, user)
        .await?
        .ok_or_else(|| no_member(&user, namespace))?;
    match members::find(source, namespace.id, user.id, now).await? {
        Some(member) => Ok((member, user)),
        None => Err(no_member(&user.username, namespace)),
    }
}

fn no_member(user: &impl ToString, namespace: &Namespace) -> DeskError {
    DeskError::NotMember {
        user: user.to_string(),
        namespace: namespace.path.to_string(),
    }
}
