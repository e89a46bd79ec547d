//! Deploy tokens.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, SelectStatement};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, DbBackend, EntityTrait,
    FromQueryResult, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
};

use crate::domain::access_tokens::scope::AccessTokenScopes;
use crate::domain::deploy_tokens::filter::DeployTokenFilter;
use crate::domain::deploy_tokens::{DeployToken, DeployTokenSpecification, DeployUsername};
use crate::domain::events::subject::Touched;
use crate::domain::expiry::Expiry;
use crate::domain::ids::{DeployTokenId, NamespaceId};
use crate::domain::namespaces::Namespace;
use crate::domain::page::{Listing, Paging};
use crate::domain::secret::SecretDigest;
use crate::domain::text::DisplayName;
use crate::storage::changes::change::Change;
use crate::storage::changes::counter::{self, Numbered};
use crate::storage::entity::hidden::HiddenBytes;
use crate::storage::entity::instant::{Instant, goes_on_after};
use crate::storage::entity::{deploy_token, namespace};
use crate::storage::error::StorageError;
use crate::storage::lists::page::{is_below, listing_of};
use crate::storage::lists::working::{self, count_by_each, ways_to_go_on};
use crate::storage::namespaces::{NamespacePlace, from_kind, rows_by_id, to_path, touched_ids};
use crate::storage::source::{AT_A_TIME, Source};

/// The deploy token with that digest, whatever its state.
#[tracing::instrument(
    level = "debug",
    name = "storage.deploy_tokens.find_by_digest",
    skip_all
)]
pub async fn find_by_digest(
    source: &impl Source,
    digest: &SecretDigest,
) -> Result<Option<DeployToken>, StorageError> {
    Ok(find_by_digest_numbered(source, digest).await?.0)
}

/// The token with that digest, and the number of the last change that the answer knows of.
pub(super) async fn find_by_digest_numbered(
    source: &impl Source,
    digest: &SecretDigest,
) -> Result<Numbered<Option<DeployToken>>, StorageError> {
    let digest = HiddenBytes(digest.as_bytes().to_vec());
    let select = deploy_token::Entity::find_by_digest(digest)
        .find_also_related(namespace::Entity)
        .into_query();
    let (rows, number) = counter::numbered(select, source.connection()).await?;
    let Some(row) = rows.first() else {
        return Ok((None, number));
    };
    let token = deploy_token::Model::from_query_result(row, counter::FIRST)?;
    let namespace = namespace::Model::from_query_result(row, counter::SECOND)?;
    Ok((Some(to_token(&token, &namespace)?), number))
}

/// The deploy token with that id, whatever its state.
#[tracing::instrument(level = "debug", name = "storage.deploy_tokens.find", skip_all, fields(id = %id))]
pub async fn find(
    source: &impl Source,
    id: DeployTokenId,
) -> Result<Option<DeployToken>, StorageError> {
    one(source, deploy_token::Entity::find_by_id(id.0)).await
}

/// A part of the deploy tokens that `filter` lets through, oldest first.
#[tracing::instrument(level = "debug", name = "storage.deploy_tokens.page", skip_all)]
pub async fn page(
    source: &impl Source,
    filter: &DeployTokenFilter,
    paging: Paging,
) -> Result<Listing<DeployToken>, StorageError> {
    let query = deploy_token::Entity::find().filter(condition(filter));
    let sort = |query: Select<_>| query.order_by_asc(deploy_token::Column::Id);
    let id = (deploy_token::Column::Id, |row: &deploy_token::Model| row.id);
    let rows = listing_of(source, query, sort, id, paging).await?;
    let ids = rows.items.iter().map(|row| row.namespace_id);
    let namespaces = rows_by_id(source, ids).await?;
    rows.try_map(|row| {
        let namespace = namespaces.get(&row.namespace_id);
        let namespace = namespace.ok_or_else(|| unreadable(&row, "its namespace is gone"))?;
        to_token(&row, namespace)
    })
}

/// The number of a namespace's deploy tokens that work now; the dead ones, which may be very many, are not looked at.
#[tracing::instrument(level = "debug", name = "storage.deploy_tokens.count_working", skip_all, fields(namespace = %namespace))]
pub async fn count_working(change: &Change, namespace: NamespaceId) -> Result<u64, StorageError> {
    use deploy_token::Column;
    let working = deploy_token::Entity::find()
        .filter(Column::NamespaceId.eq(namespace.0))
        .filter(Column::RevokedAt.is_null());
    let ends = ways_to_go_on(Column::ExpiresAt, change.now().into());
    let ends = ends.map(|end| Condition::all().add(end));
    count_by_each(change, (working, Column::Id), ends).await
}

/// The numbers of deploy tokens that work at `now` and end at each of `ends` at the latest.
#[tracing::instrument(level = "debug", name = "storage.deploy_tokens.count_ending", skip_all)]
pub async fn count_ending<const N: usize>(
    source: &impl Source,
    now: DateTime<Utc>,
    ends: [DateTime<Utc>; N],
) -> Result<[u64; N], StorageError> {
    use deploy_token::Column;
    let working = deploy_token::Entity::find().filter(Column::RevokedAt.is_null());
    working::count_ending(source, (working, Column::ExpiresAt), now, ends).await
}

/// Stores a new deploy token.
#[tracing::instrument(level = "debug", name = "storage.deploy_tokens.insert", skip_all)]
pub async fn insert(
    change: &Change,
    namespace: &Namespace,
    digest: &SecretDigest,
    specification: &DeployTokenSpecification,
) -> Result<DeployToken, StorageError> {
    let chosen = specification.username.clone();
    let row = deploy_token::ActiveModel {
        namespace_id: Set(namespace.id.0),
        name: Set(specification.name().to_owned()),
        username: Set(chosen
            .as_ref()
            .map_or("", DeployUsername::as_str)
            .to_owned()),
        digest: Set(HiddenBytes(digest.as_bytes().to_vec())),
        scopes: Set(specification.scopes().to_string()),
        expires_at: Set(specification.expiry.map(|expiry| expiry.instant().into())),
        created_at: Set(change.now().into()),
        ..Default::default()
    };
    let row = row.insert(change.connection()).await?;
    let id = DeployTokenId(row.id);
    change.touch(Touched::DeployToken(id));
    let username = if let Some(chosen) = chosen {
        chosen
    } else {
        let username = DeployUsername::of(id);
        let named = deploy_token::ActiveModel {
            id: Set(row.id),
            username: Set(username.as_str().to_owned()),
            ..Default::default()
        };
        named.update(change.connection()).await?;
        username
    };
    Ok(DeployToken {
        id,
        namespace: namespace.id,
        kind: namespace.kind,
        path: namespace.path.clone(),
        name: row.name,
        username,
        scopes: specification.scopes(),
        expiry: specification.expiry,
        created_at: change.now(),
        revoked_at: None,
    })
}

/// Revokes one deploy token.
#[tracing::instrument(level = "debug", name = "storage.deploy_tokens.revoke", skip_all, fields(id = %id))]
pub async fn revoke(change: &Change, id: DeployTokenId) -> Result<(), StorageError> {
    change.touch(Touched::DeployToken(id));
    let row = deploy_token::ActiveModel {
        id: Set(id.0),
        revoked_at: Set(Some(change.now().into())),
        ..Default::default()
    };
    row.update(change.connection()).await?;
    Ok(())
}

/// Revokes all deploy tokens of these namespaces, so that a namespace that is made anew does not
/// bring them back.
#[tracing::instrument(level = "debug", name = "storage.deploy_tokens.revoke_all", skip_all)]
pub async fn revoke_all(
    change: &Change,
    namespaces: &[NamespacePlace],
) -> Result<(), StorageError> {
    for some in namespaces.chunks(AT_A_TIME) {
        let ids = touched_ids(change, some);
        let tokens: Vec<i64> = deploy_token::Entity::find()
            .select_only()
            .column(deploy_token::Column::Id)
            .filter(deploy_token::Column::NamespaceId.is_in(ids))
            .filter(deploy_token::Column::RevokedAt.is_null())
            .into_tuple()
            .all(change.connection())
            .await?;
        // A namespace may have very many that have ended.
        for tokens in tokens.chunks(AT_A_TIME) {
            revoke_some(change, tokens).await?;
        }
    }
    Ok(())
}

async fn revoke_some(change: &Change, tokens: &[i64]) -> Result<(), StorageError> {
    for &token in tokens {
        change.touch(Touched::DeployToken(DeployTokenId(token)));
    }
    deploy_token::Entity::update_many()
        .col_expr(
            deploy_token::Column::RevokedAt,
            Expr::value(Instant::from(change.now())),
        )
        .filter(deploy_token::Column::Id.is_in(tokens.to_vec()))
        .exec(change.connection())
        .await?;
    Ok(())
}

/// The ids of the deploy tokens of a group at the top, or of a user's own namespace, and of all below it.
pub(super) fn ids_below(root: &str, backend: DbBackend) -> SelectStatement {
    use namespace::Column::Path;
    let below = namespace::Entity::find()
        .select_only()
        .column(namespace::Column::Id)
        .filter(
            Condition::any()
                .add(Path.eq(root))
                .add(is_below(Path, root, backend)),
        );
    deploy_token::Entity::find()
        .select_only()
        .column(deploy_token::Column::Id)
        .filter(deploy_token::Column::NamespaceId.in_subquery(below.into_query()))
        .into_query()
}

async fn one(
    source: &impl Source,
    query: Select<deploy_token::Entity>,
) -> Result<Option<DeployToken>, StorageError> {
    let found = query.find_also_related(namespace::Entity);
    match found.one(source.connection()).await? {
        Some((row, Some(namespace))) => to_token(&row, &namespace).map(Some),
        _ => Ok(None),
    }
}

fn condition(filter: &DeployTokenFilter) -> Condition {
    use deploy_token::Column;
    Condition::all()
        .add_option(
            filter
                .namespace
                .map(|namespace| Column::NamespaceId.eq(namespace.0)),
        )
        .add_option(filter.unrevoked.then(|| Column::RevokedAt.is_null()))
        .add_option(filter.active_at.map(works_at))
}

fn works_at(now: DateTime<Utc>) -> Condition {
    use deploy_token::Column;
    Condition::all()
        .add(Column::RevokedAt.is_null())
        .add(goes_on_after(Column::ExpiresAt, now))
}

/// The domain's token of a row and of its namespace's.
pub(super) fn to_token(
    row: &deploy_token::Model,
    namespace: &namespace::Model,
) -> Result<DeployToken, StorageError> {
    let names = row.scopes.split_whitespace().map(str::parse);
    let scopes = names.collect::<Result<AccessTokenScopes, _>>();
    let scopes = scopes.map_err(|error| unreadable(row, &error.to_string()))?;
    // A row that breaks a rule is refused, never read as a wider token.
    let name =
        DisplayName::stored(&row.name).map_err(|error| unreadable(row, &error.to_string()))?;
    let chosen = DeployTokenSpecification::new(name, scopes)
        .map_err(|error| unreadable(row, &error.to_string()))?;
    Ok(DeployToken {
        id: DeployTokenId(row.id),
        namespace: NamespaceId(namespace.id),
        kind: from_kind(namespace.kind),
        path: to_path(namespace)?,
        name: chosen.name().to_owned(),
        username: DeployUsername::try_from(row.username.as_str())
            .map_err(|error| unreadable(row, &error.to_string()))?,
        scopes: chosen.scopes(),
        expiry: row.expires_at.map(|end| Expiry::at(end.into())),
        created_at: row.created_at.into(),
        revoked_at: row.revoked_at.or(namespace.deleted_at).map(Into::into),
    })
}

fn unreadable(row: &deploy_token::Model, why: &str) -> StorageError {
    StorageError::unreadable("deploy token", &format!("{}: {why}", row.id))
}
