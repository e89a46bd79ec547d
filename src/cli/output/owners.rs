//! The names of tokens' owners.

use std::collections::HashMap;

use crate::app::Desk;
use crate::domain::authority::Authority;
use crate::domain::ids::UserId;

/// User names by id.
#[derive(Debug)]
pub(in crate::cli) struct Owners(HashMap<UserId, String>);

impl Owners {
    /// The names of some users.
    pub(in crate::cli) async fn of(
        desk: &Desk,
        ids: impl IntoIterator<Item = UserId>,
    ) -> anyhow::Result<Self> {
        let ids = ids.into_iter().collect();
        let users = desk.users_by_id(&Authority::operator(), ids).await?;
        let names = users.into_iter();
        Ok(Self(
            names
                .map(|(id, user)| (id, user.username.to_string()))
                .collect(),
        ))
    }

    /// The name of a user, or their id if they were deleted a moment ago.
    pub(in crate::cli) fn name(&self, id: UserId) -> String {
        self.0.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }
}
