//! Questions about members that change nothing.

use chrono::{DateTime, Utc};

use crate::app::desk::Desk;
use crate::app::error::ChangeError;
use crate::app::namespaces::find::place_for;
use crate::domain::authority::Authority;
use crate::domain::filters::MemberFilter;
use crate::domain::ids::UserId;
use crate::domain::namespaces::reference::PlaceName;
use crate::domain::namespaces::{Member, Namespace, NamespaceKind};
use crate::domain::page::{MAX_PAGE_SIZE, Page, PageRequest};
use crate::domain::users::User;
use crate::storage::{Source, members, namespaces, users};

/// Whether roles that were given above a place count too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Only those that were given in the very place.
    Direct,
    /// Those above it too; the highest of each user counts.
    Inherited,
}

impl Desk {
    /// A page of the members of a place; whoever may see the place may know them.
    pub async fn members_page(
        &self,
        authority: &Authority,
        (name, reach): (&PlaceName, Reach),
        filter: &MemberFilter,
        request: PageRequest,
    ) -> Result<Page<(Member, User)>, ChangeError> {
        let place = self.place(authority, name).await?.place;
        let places = self.reached(&place, reach).await?;
        let now = self.now();
        Ok(members::page(&self.db, &places, filter, now, request).await?)
    }

    /// All members of a place.
    pub async fn members(
        &self,
        authority: &Authority,
        of: (&PlaceName, Reach),
    ) -> Result<Vec<(Member, User)>, ChangeError> {
        let filter = MemberFilter::default();
        let mut request = PageRequest {
            number: 1,
            size: MAX_PAGE_SIZE,
        };
        let mut all = Vec::new();
        loop {
            let page = self.members_page(authority, of, &filter, request).await?;
            let is_last = request.number >= page.pages();
            all.extend(page.items);
            if is_last {
                return Ok(all);
            }
            request.number += 1;
        }
    }

    /// One member of a place.
    pub async fn member(
        &self,
        authority: &Authority,
        (name, reach): (&PlaceName, Reach),
        user: UserId,
    ) -> Result<(Member, User), ChangeError> {
        let place = place_for(&self.db, authority, name, self.now())
            .await?
            .place;
        let places = self.reached(&place, reach).await?;
        let filter = MemberFilter {
            users: Some(vec![user]),
            ..MemberFilter::default()
        };
        let request = PageRequest::default();
        let page = members::page(&self.db, &places, &filter, self.now(), request).await?;
        let found = page.items.into_iter().next();
        found.ok_or_else(|| no_member(&user, &place))
    }

    /// A page of the roles that were given to a user, for administrators.
    pub async fn memberships_page(
        &self,
        authority: &Authority,
        user: UserId,
        kind: Option<NamespaceKind>,
        request: PageRequest,
    ) -> Result<Page<(Namespace, Member)>, ChangeError> {
        authority.administer()?;
        let user = self.user_by_id(user).await?;
        let now = self.now();
        Ok(members::page_of_user(&self.db, user.id, kind, now, request).await?)
    }

    async fn reached(
        &self,
        place: &Namespace,
        reach: Reach,
    ) -> Result<Vec<Namespace>, ChangeError> {
        match reach {
            Reach::Direct => Ok(vec![place.clone()]),
            Reach::Inherited => Ok(namespaces::and_ancestors(&self.db, place).await?),
        }
    }
}

/// The role that was given to a user in that very place and lasts at `now`.
pub(in crate::app) async fn direct_member(
    source: &impl Source,
    place: &Namespace,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<(Member, User), ChangeError> {
    let user = users::find(source, user)
        .await?
        .ok_or_else(|| no_member(&user, place))?;
    match members::find(source, place.id, user.id, now).await? {
        Some(member) => Ok((member, user)),
        None => Err(no_member(&user.username, place)),
    }
}

fn no_member(user: &impl ToString, place: &Namespace) -> ChangeError {
    ChangeError::NotMember {
        user: user.to_string(),
        place: place.path.to_string(),
    }
}
