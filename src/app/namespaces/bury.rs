//! Leaving tombstones.

use crate::app::error::DeskError;
use crate::domain::namespaces::Namespace;
use crate::storage::{Change, deploy_tokens, members, namespaces};

/// Ends the memberships and deploy tokens of these namespaces, and leaves tombstones in their place.
pub(in crate::app) async fn bury(change: &Change, gone: &[Namespace]) -> Result<(), DeskError> {
    members::remove_all(change, gone).await?;
    deploy_tokens::revoke_all(change, gone).await?;
    namespaces::bury(change, gone).await?;
    Ok(())
}
