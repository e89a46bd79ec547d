//! The names of tokens' owners.

use std::collections::HashMap;

use crate::app::Desk;
use crate::domain::authority::Authority;
use crate::domain::ids::UserId;

/// User names by id.
#[derive(Debug)]
pub(super) struct Owners(HashMap<UserId, String>);

impl Owners {
    /// The name of one user, or of all.
    pub(super) async fn of(desk: &Desk, one: Option<UserId>) -> anyhow::Result<Self> {
        let operator = Authority::operator();
        let users = match one {
            Some(id) => vec![desk.user(&operator, &id.into()).await?],
            None => desk.users(&operator).await?,
        };
        let names = users.iter().map(|user| {
            let user = user.user();
            (user.id, user.username.to_string())
        });
        Ok(Self(names.collect()))
    }

    /// The name of a user, or their id if they were deleted a moment ago.
    pub(super) fn name(&self, id: UserId) -> String {
        self.0.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }
}
