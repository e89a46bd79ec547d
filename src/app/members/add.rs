//! Giving a user a role.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::members::find::listed;
use crate::app::members::rules::check_expiry;
use crate::app::namespaces::find::standing;
use crate::app::users::find::user_for;
use crate::domain::authority::Authority;
use crate::domain::events::about::About;
use crate::domain::events::detail::Detail;
use crate::domain::events::{Event, EventAction};
use crate::domain::expiry::Expiry;
use crate::domain::members::access_level::AccessLevel;
use crate::domain::members::{LastingRole, ListedMember, Member};
use crate::domain::namespaces::reference::NamespaceReference;
use crate::domain::users::User;
use crate::domain::users::reference::UserReference;
use crate::storage::{Change, GrantedEvent, members};

/// A role that is to be given.
#[derive(Debug, Clone)]
pub struct NewMember {
    /// The group or project.
    pub namespace: NamespaceReference,
    /// The user.
    pub user: UserReference,
    /// The role.
    pub level: AccessLevel,
    /// The end of the role, if it has one.
    pub expiry: Option<Expiry>,
}

/// A member who was added as one of several, or the reason why they were not.
pub type AddedMember = Result<ListedMember, DeskError>;

impl Desk {
    /// Gives a user a role in a group or project, in which they have none of their own.
    #[tracing::instrument(name = "app.add_member", skip_all)]
    pub async fn add_member(
        &self,
        authority: &Authority,
        new: NewMember,
    ) -> Result<ListedMember, DeskError> {
        let change = self.begin(authority).await?;
        let (member, user, event) = add(&change, new).await?;
        let listed = listed(&change, (member, user)).await?;
        change.commit([event]).await?;
        Ok(listed)
    }

    /// Gives several users a role in a group or project, in one change. A user who is a member already or
    /// is not there does not keep the others from it.
    #[tracing::instrument(name = "app.add_members", skip_all)]
    pub async fn add_members(
        &self,
        authority: &Authority,
        name: &NamespaceReference,
        new: Vec<NewMember>,
    ) -> Result<Vec<AddedMember>, DeskError> {
        let change = self.begin(authority).await?;
        standing(&change, name).await?;
        let (mut answers, mut events) = (Vec::new(), Vec::new());
        for new in new {
            answers.push(match add(&change, new).await {
                Ok((member, user, event)) => {
                    events.push(event);
                    Ok(listed(&change, (member, user)).await?)
                }
                Err(error @ (DeskError::AlreadyMember | DeskError::NotFound { .. })) => Err(error),
                Err(error) => return Err(error),
            });
        }
        change.commit(events).await?;
        Ok(answers)
    }
}

/// Gives a user a role in a group or project.
pub(in crate::app) async fn add(
    change: &Change,
    new: NewMember,
) -> Result<(Member, User, GrantedEvent), DeskError> {
    let standing = standing(change, &new.namespace).await?;
    let namespace = &standing.namespace;
    let role = LastingRole {
        level: new.level,
        expiry: new.expiry,
    };
    let grant = change.grant(|authority| authority.give_role(&standing, role))?;
    check_expiry(new.expiry, change.now())?;
    let user = user_for(change, &new.user).await?;
    let held = members::find(change, namespace.id, user.id, change.now()).await?;
    if held.is_some() {
        return Err(DeskError::AlreadyMember);
    }
    let member = Member {
        user_id: user.id,
        level: new.level,
        expiry: new.expiry,
        created_at: change.now(),
        given_by: change.authority().user(),
    };
    members::put(change, namespace.id, &member).await?;
    let subject = About::member_of(namespace);
    let detail = Detail::role_added(&user.username, &member);
    let event = Event::new(EventAction::MemberAdded, subject, detail);
    Ok((member, user, grant.event(event)))
}
