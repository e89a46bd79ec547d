//! Paths that are taken, and others that are free.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::namespaces::find::roles_in;
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
        match namespaces::occupant(&self.db, &path).await? {
            None => Ok(false),
            Some(Occupied::Live(found)) => {
                let roles = roles_in(&self.db, authority, &found, self.now()).await?;
                let found = Standing {
                    namespace: found,
                    roles,
                };
                Ok(authority.sees(&found.namespace, found.role()))
            }
            // Administrators may make it anew; nobody else may take its name.
            Some(Occupied::Tombstone(_)) => Ok(!authority.is_administrator()
                && parent.is_some_and(|parent| {
                    authority
                        .create_project(parent, Visibility::Private)
                        .is_ok()
                })),
        }
    }
}
