//! The token that another one was made with.

use crate::app::error::DeskError;
use crate::domain::access_tokens::AccessToken;
use crate::domain::expiry::Expiry;
use crate::storage::{Change, access_tokens};

/// The end of the token that `token` was made with.
pub(super) async fn end_of_maker(
    change: &Change,
    token: &AccessToken,
) -> Result<Option<Expiry>, DeskError> {
    let Some(maker) = token.lineage.maker else {
        return Ok(None);
    };
    let maker = access_tokens::find(change, maker).await?;
    Ok(maker.and_then(|maker| maker.end()))
}
