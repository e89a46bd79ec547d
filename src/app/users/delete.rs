//! Deleting a user.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::members::rules::left_without_owner;
use crate::app::namespaces::bury::bury_with_all_below;
use crate::app::users::find::user_for;
use crate::app::users::rules::keep_an_administrator;
use crate::domain::access_tokens::AccessToken;
use crate::domain::authority::Authority;
use crate::domain::events::detail::Detail;
use crate::domain::events::{Event, EventAction};
use crate::domain::members::Member;
use crate::domain::namespaces::Namespace;
use crate::domain::users::User;
use crate::domain::users::reference::UserReference;
use crate::storage::{
    Change, GrantedEvent, Source, access_tokens, members, namespaces, refresh_tokens, sessions,
    two_factor, users,
};

/// The most personal access tokens that are named before a user is deleted.
const NAMED_TOKENS: u64 = 50;

/// A user, with everything that is deleted with them.
#[derive(Debug, Clone)]
pub struct UserDeletion {
    /// The user.
    pub user: User,
    /// Their own namespace and the projects in it; tombstones stay.
    pub namespaces: Vec<Namespace>,
    /// The personal access tokens that they made last: nobody reads the names of thousands.
    pub last_tokens: Vec<AccessToken>,
    /// The number of all their personal access tokens.
    pub tokens: u64,
    /// The groups and projects where they have a role.
    pub roles: Vec<(Namespace, Member)>,
}

/// The way to treat groups of which the user is the last owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnedGroups {
    /// They keep an owner: the user is not deleted.
    Kept,
    /// They stay without one, for administrators to manage.
    Abandoned,
}

impl Desk {
    /// Deletes a user with their tokens, roles and projects. Tombstones are left: their images stay closed
    /// and their name taken until an administrator makes them anew.
    #[tracing::instrument(name = "app.delete_user", skip_all)]
    pub async fn delete_user(
        &self,
        authority: &Authority,
        reference: &UserReference,
        owned: OwnedGroups,
    ) -> Result<User, DeskError> {
        authority.require_administrator()?;
        let change = self.begin(authority).await?;
        let (gone, event) = delete(&change, reference, owned).await?;
        change.commit([event]).await?;
        Ok(gone)
    }

    /// All that [`Desk::delete_user`] would delete.
    pub async fn user_deletion(
        &self,
        authority: &Authority,
        reference: &UserReference,
    ) -> Result<UserDeletion, DeskError> {
        authority.require_administrator()?;
        let user = user_for(&self.db, reference).await?;
        let mut namespaces = Vec::new();
        if let Some(own) = own_namespace(&self.db, &user).await? {
            let below = namespaces::live_below(&self.db, own.id).await?;
            namespaces = std::iter::once(own).chain(below).collect();
        }
        let (last_tokens, tokens) = access_tokens::last_of(&self.db, user.id, NAMED_TOKENS).await?;
        Ok(UserDeletion {
            namespaces,
            last_tokens,
            tokens,
            roles: members::of_user(&self.db, user.id).await?,
            user,
        })
    }
}

/// Deletes a user with their tokens, roles and projects; administrators only, and never the last one of
/// these.
pub(in crate::app) async fn delete(
    change: &Change,
    reference: &UserReference,
    owned: OwnedGroups,
) -> Result<(User, GrantedEvent), DeskError> {
    let grant = change.grant(Authority::require_administrator)?;
    let user = user_for(change, reference).await?;
    let (id, now) = (user.id, change.now());
    keep_an_administrator(change, &user, "removed").await?;
    let roles = members::of_user(change, id).await?.into_iter();
    let roles: Vec<_> = roles
        .filter(|(_, member)| member.role().lasts_at(now))
        .collect();
    if owned == OwnedGroups::Kept {
        let taken: Vec<_> = roles.iter().map(|(namespace, _)| namespace.id).collect();
        let alone = left_without_owner(change, &user, (&roles, &taken)).await?;
        if let Some(group) = alone.map(|path| path.to_string()) {
            return Err(DeskError::SoleOwner { group });
        }
    }
    let tokens = access_tokens::working_of(change, id).await?;
    let namespaces = match own_namespace(change, &user).await? {
        Some(own) => bury_with_all_below(change, &own).await?,
        None => 0,
    };
    members::remove_all_of(change, id).await?;
    access_tokens::remove_all_of(change, id).await?;
    refresh_tokens::remove_all_of(change, id).await?;
    sessions::remove_all_of(change, id, None).await?;
    two_factor::remove_all_of(change, id).await?;
    users::remove(change, id).await?;
    let detail = Detail::UserDeleted {
        namespaces,
        access_tokens: tokens.as_slice().into(),
        roles: roles.as_slice().into(),
    };
    let event = Event::new(EventAction::UserDeleted, &user, detail);
    Ok((user, grant.event(event)))
}

/// The living namespace that bears a user's name.
async fn own_namespace(source: &impl Source, user: &User) -> Result<Option<Namespace>, DeskError> {
    Ok(namespaces::find_live(source, &user.username.namespace()).await?)
}
