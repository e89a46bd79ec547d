//! Leaving tombstones.

use crate::app::error::DeskError;
use crate::domain::namespaces::{Namespace, NamespaceKind};
use crate::storage::namespaces::NamespacePlace;
use crate::storage::{Change, deploy_tokens, members, namespaces};

/// Ends the memberships and deploy tokens of a namespace and of all below it, and leaves tombstones in their place. Their number
/// is returned.
pub(in crate::app) async fn bury_with_all_below(
    change: &Change,
    namespace: &Namespace,
) -> Result<usize, DeskError> {
    let mut gone = vec![NamespacePlace::from(namespace)];
    if namespace.kind != NamespaceKind::Project {
        gone.extend(namespaces::places_below(change, namespace.id).await?);
    }
    members::remove_all(change, &gone).await?;
    deploy_tokens::revoke_all(change, &gone).await?;
    namespaces::bury(change, &gone).await?;
    Ok(gone.len())
}
