//! The groups and projects in which somebody has a role.

use std::collections::BTreeMap;

use crate::app::access_tokens::find::access_token_for;
use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::domain::access_tokens::AccessToken;
use crate::domain::authority::Authority;
use crate::domain::ids::{AccessTokenId, NamespaceId};
use crate::domain::members::access_level::AccessLevel;
use crate::domain::members::association::{Association, Associations};
use crate::domain::members::ownership;
use crate::domain::namespaces::{Namespace, NamespaceKind};
use crate::domain::page::PageRequest;
use crate::storage::{members, namespaces, users};

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
        let found = self.all_associations(&token).await?;
        let mut wanted: Vec<Association> = found
            .into_values()
            .filter(|found| least.is_none_or(|least| found.level() >= least))
            .filter(|found| is_reached(&token, &found.namespace))
            .collect();
        let groups = wanted.extract_if(.., |found| found.namespace.kind == NamespaceKind::Group);
        let groups = page_of(groups, request);
        let projects = page_of(wanted.into_iter(), request);
        Ok(Associations { groups, projects })
    }

    /// All roles of a user, by the id of the namespace.
    async fn all_associations(
        &self,
        token: &AccessToken,
    ) -> Result<BTreeMap<NamespaceId, Association>, DeskError> {
        let now = self.now();
        let roles = members::of_user(&self.db, token.user_id).await?.into_iter();
        let mut given: Vec<_> = roles
            .filter(|(_, member)| member.expiry.is_none_or(|end| !end.has_passed(now)))
            .map(|(namespace, member)| (namespace, member.level))
            .collect();
        let owner = users::find(&self.db, token.user_id).await?;
        if let Some((path, level)) = owner.map(|owner| ownership(&owner.username))
            && let Some(own) = namespaces::find_live(&self.db, &path).await?
        {
            given.push((own, level));
        }
        let mut found: BTreeMap<NamespaceId, Association> = BTreeMap::new();
        let association = |namespace: Namespace| Association {
            namespace,
            direct: None,
            inherited: None,
        };
        for (namespace, level) in given {
            for below in namespaces::live_below(&self.db, namespace.id).await? {
                let entry = found.entry(below.id).or_insert_with(|| association(below));
                entry.inherited = entry.inherited.max(Some(level));
            }
            if namespace.kind != NamespaceKind::User {
                let entry = found
                    .entry(namespace.id)
                    .or_insert_with(|| association(namespace));
                entry.direct = Some(level);
            }
        }
        Ok(found)
    }
}

/// True if the token's patterns reach the namespace or something below it.
fn is_reached(token: &AccessToken, namespace: &Namespace) -> bool {
    let patterns = token.specification.repositories();
    patterns.is_empty()
        || patterns
            .iter()
            .any(|pattern| pattern.reaches(&namespace.path))
}

fn page_of<T>(all: impl Iterator<Item = T>, request: PageRequest) -> Vec<T> {
    let size = usize::try_from(request.size).unwrap_or(usize::MAX);
    let before = usize::try_from(request.offset()).unwrap_or(usize::MAX);
    all.skip(before).take(size).collect()
}
