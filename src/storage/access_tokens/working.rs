//! Tokens that work: how many an owner has, which these are, and how many end soon.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};

use crate::domain::access_tokens::filter::AccessTokenFilter;
use crate::domain::ids::{AccessTokenId, UserId};
use crate::storage::access_tokens::{condition, ids_of, not_revoked};
use crate::storage::changes::change::Change;
use crate::storage::entity::access_token;
use crate::storage::entity::instant::Instant;
use crate::storage::error::StorageError;
use crate::storage::lists::working::{self, count_by_each, ways_to_go_on};
use crate::storage::source::Source;

/// The number of a user's tokens that work now; their dead ones, which may be very many, are not looked at.
#[tracing::instrument(level = "debug", name = "storage.access_tokens.count_working", skip_all, fields(owner = %owner))]
pub async fn count_working(change: &Change, owner: UserId) -> Result<u64, StorageError> {
    use access_token::Column;
    let now = Instant::from(change.now());
    let working = access_token::Entity::find()
        .filter(Column::UserId.eq(owner.0))
        .filter(Column::RevokedAt.is_null());
    let ways = ways_to_go_on(Column::GraceUntil, now).map(|grace| {
        let ends = ways_to_go_on(Column::ExpiresAt, now);
        ends.map(|end| Condition::all().add(grace.clone()).add(end))
    });
    count_by_each(change, (working, Column::Id), ways.concat()).await
}

/// The ids of a user's tokens that work now, oldest first.
#[tracing::instrument(level = "debug", name = "storage.access_tokens.working_of", skip_all, fields(owner = %owner))]
pub async fn working_of(
    change: &Change,
    owner: UserId,
) -> Result<Vec<AccessTokenId>, StorageError> {
    let working = access_token::Entity::find()
        .filter(condition(&AccessTokenFilter {
            owner: Some(owner),
            active_at: Some((true, change.now())),
            ..AccessTokenFilter::default()
        }))
        .order_by_asc(access_token::Column::Id);
    let ids = ids_of(change, working).await?.into_iter();
    Ok(ids.map(AccessTokenId).collect())
}

/// The numbers of tokens that work at `now` and end at each of `ends` at the latest.
#[tracing::instrument(level = "debug", name = "storage.access_tokens.count_ending", skip_all)]
pub async fn count_ending<const N: usize>(
    source: &impl Source,
    now: DateTime<Utc>,
    ends: [DateTime<Utc>; N],
) -> Result<[u64; N], StorageError> {
    let working = access_token::Entity::find().filter(not_revoked(now.into()));
    let of_tokens = (working, access_token::Column::ExpiresAt);
    working::count_ending(source, of_tokens, now, ends).await
}
