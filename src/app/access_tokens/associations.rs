//! The groups and projects in which somebody has a role.

use std::collections::BTreeMap;

use crate::app::access_tokens::find::access_token_for;
use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::users::find::user_for;
use crate::domain::access_tokens::AccessToken;
use crate::domain::access_tokens::pattern::RepositoryPattern;
use crate::domain::authority::Authority;
use crate::domain::ids::{AccessTokenId, NamespaceId};
use crate::domain::members::access_level::AccessLevel;
use crate::domain::members::association::{Association, Associations};
use crate::domain::members::ownership;
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::namespaces::{Namespace, NamespaceKind};
use crate::domain::page::PageRequest;
use crate::domain::users::User;
use crate::storage::namespaces::lists::{NamespacesOf, some_of};
use crate::storage::{Source, StorageError, Turn, members, namespaces};

/// The most namespaces that are looked at together when a token's patterns choose among them.
const AT_A_TIME: u64 = 2000;
/// The most that are looked at for one page. Each time, the database goes through all of them from the top.
const MOST_LOOKED_AT: u64 = 10 * AT_A_TIME;

impl Desk {
    /// A page of the groups, and one of the projects, in which the owner of a token has at least the
    /// role `least`; those beyond the token's patterns are left out.
    #[tracing::instrument(name = "app.associations", skip_all, fields(token = %token))]
    pub async fn associations(
        &self,
        authority: &Authority,
        token: AccessTokenId,
        least: Option<AccessLevel>,
        request: PageRequest,
    ) -> Result<Associations, DeskError> {
        let token = access_token_for(&self.db, authority, token).await?;
        let owner = user_for(&self.db, &token.user_id.into()).await?;
        let patterns = token.specification.repositories().iter();
        let beginnings: Vec<&str> = patterns.map(RepositoryPattern::beginning).collect();
        let turn = self.db.turn().await?.of_many_parts();
        let of_kind = async |kind| {
            let wanted = NamespacesOf {
                user: &owner,
                kind,
                least: least.unwrap_or(AccessLevel::Guest),
                beginnings: &beginnings,
                now: self.now(),
            };
            self.associated(&turn, &token, wanted, request).await
        };
        let (groups, more_groups) = of_kind(NamespaceKind::Group).await?;
        let (projects, more_projects) = of_kind(NamespaceKind::Project).await?;
        drop(turn);
        Ok(Associations {
            groups: self.with_roles(&owner, groups).await?,
            projects: self.with_roles(&owner, projects).await?,
            has_rest: more_groups || more_projects,
        })
    }

    /// A page of the namespaces that are wanted and that the token reaches; true beside it if there may be more.
    async fn associated(
        &self,
        turn: &Turn,
        token: &AccessToken,
        wanted: NamespacesOf<'_>,
        request: PageRequest,
    ) -> Result<(Vec<Namespace>, bool), DeskError> {
        let source = (&self.db, turn);
        let first = NamespaceId(0);
        let has = |page: &[Namespace], size| u64::try_from(page.len()).is_ok_and(|has| has == size);
        if token.specification.repositories().is_empty() {
            let part = (request.offset(), request.size + 1);
            let mut page = some_of(source, wanted, first, part).await?;
            let has_rest = has(&page, request.size + 1);
            page.truncate(page.len() - usize::from(has_rest));
            return Ok((page, has_rest));
        }
        let (mut after, mut skipped, mut page) = (first, 0, Vec::new());
        for _ in 0..MOST_LOOKED_AT / AT_A_TIME {
            let some = some_of(source, wanted, after, (0, AT_A_TIME)).await?;
            let is_last = !has(&some, AT_A_TIME);
            let Some(last) = some.last() else {
                return Ok((page, false));
            };
            after = last.id;
            for namespace in some.into_iter().filter(|found| is_reached(token, found)) {
                if skipped < request.offset() {
                    skipped += 1;
                } else if has(&page, request.size) {
                    return Ok((page, true));
                } else {
                    page.push(namespace);
                }
            }
            // Nobody looks through all others for one that may not be there.
            if is_last || has(&page, request.size) {
                return Ok((page, !is_last));
            }
        }
        Err(StorageError::TooLong.into())
    }

    /// The namespaces, each with the roles that the user has there and above it.
    async fn with_roles(
        &self,
        user: &User,
        page: Vec<Namespace>,
    ) -> Result<Vec<Association>, DeskError> {
        let mut all = namespaces::above(&self.db, &page).await?;
        all.extend(page.iter().cloned());
        let held = members::held_in(&self.db, user.id, &all, self.now()).await?;
        let held: BTreeMap<NamespaceId, AccessLevel> = held
            .into_iter()
            .map(|(id, role)| (id, role.level))
            .collect();
        let mut roles: BTreeMap<NamespacePath, AccessLevel> = all
            .iter()
            .filter_map(|namespace| Some((namespace.path.clone(), *held.get(&namespace.id)?)))
            .collect();
        roles.extend([ownership(&user.username)]);
        let association = |namespace: Namespace| Association {
            direct: roles.get(&namespace.path).copied(),
            inherited: namespace
                .path
                .and_ancestors()
                .skip(1)
                .filter_map(|path| roles.get(&path).copied())
                .max(),
            namespace,
        };
        Ok(page.into_iter().map(association).collect())
    }
}

/// True if the token's patterns reach the namespace or something below it.
fn is_reached(token: &AccessToken, namespace: &Namespace) -> bool {
    let mut patterns = token.specification.repositories().iter();
    patterns.any(|pattern| pattern.reaches(&namespace.path))
}
