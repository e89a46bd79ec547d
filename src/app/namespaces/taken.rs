//! Paths that are taken, and others that are free.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::namespaces::find::if_seen;
use crate::domain::authority::Authority;
use crate::domain::authority::namespaces::Standing;
use crate::domain::namespaces::Occupied;
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::namespaces::reference::NamespaceReference;
use crate::domain::namespaces::visibility::Visibility;
use crate::storage::namespaces;

/// The most paths that are tried before none is suggested.
const MOST_TRIED: u32 = 20;

/// The answer to the question for a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathState {
    /// It may be used.
    Free,
    /// It is taken; another one may be used, unless all that were tried are taken too.
    Taken(Option<String>),
}

impl Desk {
    /// The state of the path `name` in `parent` or at the top.
    ///
    /// A caller learns no more by this than by making something there: what they may not see is taken for those
    /// only who could make it.
    pub async fn path_state(
        &self,
        authority: &Authority,
        parent: Option<&NamespaceReference>,
        name: &str,
    ) -> Result<PathState, DeskError> {
        let parent = match parent {
            None => None,
            Some(parent) => Some(self.namespace(authority, parent).await?),
        };
        if !self.is_taken(authority, parent.as_ref(), name).await? {
            return Ok(PathState::Free);
        }
        for number in 1..=MOST_TRIED {
            let other = format!("{name}{number}");
            if !self.is_taken(authority, parent.as_ref(), &other).await? {
                return Ok(PathState::Taken(Some(other)));
            }
        }
        Ok(PathState::Taken(None))
    }

    async fn is_taken(
        &self,
        authority: &Authority,
        parent: Option<&Standing>,
        name: &str,
    ) -> Result<bool, DeskError> {
        let path = match parent {
            None => NamespacePath::try_from(name),
            Some(parent) => parent.namespace.path.child(name),
        };
        // A text that can be no path is nobody's.
        let Ok(path) = path else { return Ok(false) };
        let (live, is_tombstone) = match namespaces::occupant(&self.db, &path).await? {
            Some(Occupied::Live(found)) => (Some(found), false),
            Some(Occupied::Tombstone(_)) => (None, true),
            None => (None, false),
        };
        let seen = if_seen(&self.db, authority, live, self.now()).await?;
        // Administrators may make it anew; nobody else may take its name.
        let is_kept = is_tombstone
            && !authority.is_administrator()
            && parent.is_some_and(|parent| {
                authority
                    .create_project(parent, Visibility::Private)
                    .is_ok()
            });
        Ok(seen.is_some() || is_kept)
    }
}
