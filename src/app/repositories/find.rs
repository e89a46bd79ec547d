//! Finding the repositories of a project, and their last uses.

use chrono::{DateTime, Utc};

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::namespaces::find::namespace_for;
use crate::domain::authority::Authority;
use crate::domain::authority::namespaces::Standing;
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::namespaces::reference::NamespaceReference;
use crate::domain::page::{Listing, Paging};
use crate::domain::usage::{LastUse, UsedRepository};
use crate::storage::repositories;

impl Desk {
    /// A part of the repositories of a project that were pushed to, with the project's path; for its Reporters.
    #[tracing::instrument(name = "app.repositories_page", skip_all)]
    pub async fn repositories_page(
        &self,
        authority: &Authority,
        project: &NamespaceReference,
        paging: Paging,
    ) -> Result<(NamespacePath, Listing<UsedRepository>), DeskError> {
        let standing = namespace_for(&self.db, authority, project, self.now()).await?;
        authority.list_repositories(&standing)?;
        let (id, begin) = (standing.namespace.id, begin(authority, &standing));
        let found = repositories::page(&self.db, id, begin, paging).await?;
        let found = found.map(|repository| UsedRepository {
            created_at: begin.map_or(repository.created_at, |begin| {
                begin.max(repository.created_at)
            }),
            last: since(repository.last, begin),
            ..repository
        });
        Ok((standing.namespace.path, found))
    }

    /// The last uses of all repositories of a project; none for people who may not know them.
    #[tracing::instrument(name = "app.last_use_of_project", skip_all)]
    pub async fn last_use_of_project(
        &self,
        authority: &Authority,
        project: &NamespaceReference,
    ) -> Result<Option<LastUse>, DeskError> {
        let standing = namespace_for(&self.db, authority, project, self.now()).await?;
        if authority.list_repositories(&standing).is_err() {
            return Ok(None);
        }
        let last = repositories::last_use_in(&self.db, standing.namespace.id).await?;
        Ok(Some(since(last, begin(authority, &standing))))
    }
}

/// The time from which on the caller may know what was used: a project that was made anew has the same id and path, and its
/// past belongs to others.
fn begin(authority: &Authority, standing: &Standing) -> Option<DateTime<Utc>> {
    (!authority.is_administrator()).then_some(standing.namespace.created_at)
}

fn since(last: LastUse, begin: Option<DateTime<Utc>>) -> LastUse {
    begin.map_or(last, |begin| last.since(begin))
}
