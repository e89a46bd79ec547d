//! The graces of tokens that still work beside those that took their places.

use crate::domain::access_tokens::AccessToken;
use crate::domain::expiry::Expiry;
use crate::domain::ids::AccessTokenId;
use crate::storage::access_tokens::families;
use crate::storage::{Change, StorageError};

/// Ends the graces of the tokens whose place `token` took, and what these made, no later than at `end`. Returns what was shortened.
pub(super) async fn end_graces_before(
    change: &Change,
    token: &AccessToken,
    end: Expiry,
) -> Result<Vec<AccessTokenId>, StorageError> {
    let mut shortened = Vec::new();
    for id in families::in_grace_before(change, token).await? {
        if families::end_grace(change, id, end.instant()).await? {
            shortened.push(id);
        }
        shortened.extend(families::shorten_made_with(change, id, end).await?);
    }
    Ok(shortened)
}
