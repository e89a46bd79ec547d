//! Personal access tokens.

pub mod families;
pub mod usage;
mod working;

pub use working::{count_ending, count_working, working_of};

use chrono::{DateTime, Duration, NaiveDate, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, FromQueryResult,
    Order, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
};

use crate::domain::access_tokens::filter::{
    AccessTokenFilter, AccessTokenSort, AccessTokenSortKey,
};
use crate::domain::access_tokens::lineage::AccessTokenLineage;
use crate::domain::access_tokens::pattern::RepositoryPattern;
use crate::domain::access_tokens::scope::AccessTokenScopes;
use crate::domain::access_tokens::usage::InvalidAddresses;
use crate::domain::access_tokens::{AccessToken, AccessTokenSpecification};
use crate::domain::events::subject::Touched;
use crate::domain::expiry::Expiry;
use crate::domain::ids::{AccessTokenId, UserId};
use crate::domain::page::{Listing, Paging};
use crate::domain::secret::SecretDigest;
use crate::domain::text::{Description, DisplayName, folded};
use crate::domain::users::User;
use crate::storage::changes::change::Change;
use crate::storage::changes::counter::{self, Numbered};
use crate::storage::entity::hidden::HiddenBytes;
use crate::storage::entity::instant::{Instant, goes_on_after};
use crate::storage::entity::{access_token, user};
use crate::storage::error::StorageError;
use crate::storage::lists::letter_pairs::{self, Named};
use crate::storage::lists::page::{contains, having, listing_of};
use crate::storage::source::Source;
use crate::storage::users::to_user;

/// The most tokens that one statement removes: each is in many indexes, and a statement has two seconds.
const REMOVED_AT_ONCE: usize = 1000;

/// A token that is to be made.
#[derive(Debug, Clone, Copy)]
pub struct AccessTokenRecord<'a> {
    /// The user who will own it.
    pub owner: UserId,
    /// The digest of its secret.
    pub digest: SecretDigest,
    /// The chosen properties.
    pub specification: &'a AccessTokenSpecification,
    /// The tokens from which it comes.
    pub lineage: AccessTokenLineage,
}

/// The token with that digest, with its owner; neither needs to be active.
#[tracing::instrument(
    level = "debug",
    name = "storage.access_tokens.find_by_digest",
    skip_all
)]
pub async fn find_by_digest(
    source: &impl Source,
    digest: &SecretDigest,
) -> Result<Option<(AccessToken, User)>, StorageError> {
    Ok(find_by_digest_numbered(source, digest).await?.0)
}

/// The token with that digest, with its owner, and the number of the last change that the answer knows of.
pub(super) async fn find_by_digest_numbered(
    source: &impl Source,
    digest: &SecretDigest,
) -> Result<Numbered<Option<(AccessToken, User)>>, StorageError> {
    let digest = HiddenBytes(digest.as_bytes().to_vec());
    let select = access_token::Entity::find_by_digest(digest)
        .find_also_related(user::Entity)
        .into_query();
    let (rows, number) = counter::numbered(select, source.connection()).await?;
    let Some(row) = rows.first() else {
        return Ok((None, number));
    };
    let token = access_token::Model::from_query_result(row, counter::FIRST)?;
    let user = user::Model::from_query_result(row, counter::SECOND)?;
    Ok((Some((to_token(&token)?, to_user(user)?)), number))
}

/// The token with that id.
#[tracing::instrument(level = "debug", name = "storage.access_tokens.find", skip_all, fields(id = %id))]
pub async fn find(
    source: &impl Source,
    id: AccessTokenId,
) -> Result<Option<AccessToken>, StorageError> {
    let row = access_token::Entity::find_by_id(id.0)
        .one(source.connection())
        .await?;
    row.as_ref().map(to_token).transpose()
}

/// The tokens of a user that were made last, `most` at the most, and the number of all.
#[tracing::instrument(level = "debug", name = "storage.access_tokens.last_of", skip_all, fields(owner = %owner))]
pub async fn last_of(
    source: &impl Source,
    owner: UserId,
    most: u64,
) -> Result<(Vec<AccessToken>, u64), StorageError> {
    let all = access_token::Entity::find().filter(access_token::COLUMN.user_id.eq(owner.0));
    let number = all.clone().count(source.connection()).await?;
    let last = all.order_by_desc(access_token::Column::Id).limit(most);
    let rows = last.all(source.connection()).await?;
    let tokens: Result<_, StorageError> = rows.iter().map(to_token).collect();
    Ok((tokens?, number))
}

/// The newest token of a user, whatever its state.
#[tracing::instrument(level = "debug", name = "storage.access_tokens.newest_of", skip_all, fields(owner = %owner))]
pub async fn newest_of(
    source: &impl Source,
    owner: UserId,
) -> Result<Option<AccessToken>, StorageError> {
    let row = access_token::Entity::find()
        .filter(access_token::COLUMN.user_id.eq(owner.0))
        .order_by_desc(access_token::Column::Id)
        .one(source.connection())
        .await?;
    row.as_ref().map(to_token).transpose()
}

/// A part of the tokens that `filter` lets through.
#[tracing::instrument(level = "debug", name = "storage.access_tokens.page", skip_all)]
pub async fn page(
    source: &impl Source,
    filter: &AccessTokenFilter,
    paging: Paging,
) -> Result<Listing<AccessToken>, StorageError> {
    use access_token::Column::Id;
    let (all, condition) = (access_token::Entity::find(), condition(filter));
    let wanted = match &filter.search {
        // An index leads to a user's tokens: all of them are looked at, also if that user has made very many.
        Some(text) if filter.owner.is_none() => {
            having(source, (all, condition), (Named::AccessToken, Id), text).await?
        }
        _ => all.filter(condition).into(),
    };
    let sort = |query| sorted(query, filter.sort);
    let id = (Id, |row: &access_token::Model| row.id);
    let rows = listing_of(source, wanted, sort, id, paging).await?;
    rows.try_map(|row| to_token(&row))
}

/// The ids of these tokens.
async fn ids_of(
    source: &impl Source,
    tokens: Select<access_token::Entity>,
) -> Result<Vec<i64>, StorageError> {
    let ids = tokens
        .select_only()
        .column(access_token::Column::Id)
        .into_tuple();
    Ok(ids.all(source.connection()).await?)
}

/// Stores a new token.
#[tracing::instrument(level = "debug", name = "storage.access_tokens.insert", skip_all)]
pub async fn insert(
    change: &Change,
    new: AccessTokenRecord<'_>,
) -> Result<AccessToken, StorageError> {
    let (specification, lineage) = (new.specification, new.lineage);
    let name = folded(specification.name());
    let row = access_token::ActiveModel {
        user_id: Set(new.owner.0),
        name: Set(specification.name().to_owned()),
        folded: Set(Some(name.clone())),
        description: Set(specification.description().map(str::to_owned)),
        digest: Set(HiddenBytes(new.digest.as_bytes().to_vec())),
        scopes: Set(specification.scopes().to_string()),
        repositories: Set(patterns(specification)),
        expires_at: Set(specification.expiry().map(|expiry| expiry.instant().into())),
        created_at: Set(change.now().into()),
        family_id: Set(lineage.first.map(|first| first.0)),
        previous_id: Set(lineage.previous.map(|previous| previous.0)),
        maker_id: Set(lineage.maker.map(|maker| maker.0)),
        ..Default::default()
    };
    let token = to_token(&row.insert(change.connection()).await?)?;
    let named = [(token.id.0, name.as_str())];
    letter_pairs::note(change.connection(), Named::AccessToken, named).await?;
    change.touch(Touched::AccessToken(token.id));
    Ok(token)
}

/// Stores the changed properties of a token.
#[tracing::instrument(level = "debug", name = "storage.access_tokens.save_specification", skip_all, fields(id = %id))]
pub async fn save_specification(
    change: &Change,
    id: AccessTokenId,
    specification: &AccessTokenSpecification,
) -> Result<(), StorageError> {
    change.touch(Touched::AccessToken(id));
    let name = folded(specification.name());
    let named = [(id.0, name.as_str())];
    letter_pairs::note(change.connection(), Named::AccessToken, named).await?;
    let row = access_token::ActiveModel {
        id: Set(id.0),
        name: Set(specification.name().to_owned()),
        folded: Set(Some(name)),
        description: Set(specification.description().map(str::to_owned)),
        scopes: Set(specification.scopes().to_string()),
        repositories: Set(patterns(specification)),
        expires_at: Set(specification.expiry().map(|expiry| expiry.instant().into())),
        ..Default::default()
    };
    row.update(change.connection()).await?;
    Ok(())
}

/// Removes all tokens of a user who is removed too.
#[tracing::instrument(level = "debug", name = "storage.access_tokens.remove_all_of", skip_all, fields(owner = %owner))]
pub async fn remove_all_of(change: &Change, owner: UserId) -> Result<(), StorageError> {
    change.touch(Touched::User(owner));
    let all = access_token::Entity::find().filter(access_token::COLUMN.user_id.eq(owner.0));
    for some in ids_of(change, all).await?.chunks(REMOVED_AT_ONCE) {
        access_token::Entity::delete_many()
            .filter(access_token::Column::Id.is_in(some.to_vec()))
            .exec(change.connection())
            .await?;
    }
    Ok(())
}

fn patterns(specification: &AccessTokenSpecification) -> String {
    let patterns: Vec<&str> = specification
        .repositories()
        .iter()
        .map(RepositoryPattern::as_str)
        .collect();
    patterns.join(" ")
}

fn condition(filter: &AccessTokenFilter) -> Condition {
    use access_token::Column;
    let at = |instant: DateTime<Utc>| Instant::from(instant);
    // The date of an end is the first on which the token is dead all day. So the instant of the end is
    // at most the beginning of that date, and after the beginning of the day before.
    let day_before = |date: NaiveDate| at(Expiry::on(date).instant() - Duration::days(1));
    Condition::all()
        .add_option(filter.owner.map(|owner| Column::UserId.eq(owner.0)))
        .add_option(filter.revoked_at.map(|(revoked, now)| {
            let works = not_revoked(at(now));
            if revoked { works.not() } else { works }
        }))
        .add_option(filter.active_at.map(|(active, now)| {
            let works = not_revoked(at(now)).add(goes_on_after(Column::ExpiresAt, now));
            if active { works } else { works.not() }
        }))
        .add_option(
            filter
                .created_before
                .map(|instant| Column::CreatedAt.lte(at(instant))),
        )
        .add_option(
            filter
                .created_after
                .map(|instant| Column::CreatedAt.gte(at(instant))),
        )
        .add_option(
            filter
                .last_used_before
                .map(|instant| Column::LastUsedAt.lte(at(instant))),
        )
        .add_option(
            filter
                .last_used_after
                .map(|instant| Column::LastUsedAt.gte(at(instant))),
        )
        .add_option(filter.unused_since.map(|instant| {
            let never = Condition::all()
                .add(Column::LastUsedAt.is_null())
                .add(Column::CreatedAt.lte(at(instant)));
            Condition::any()
                .add(Column::LastUsedAt.lte(at(instant)))
                .add(never)
        }))
        .add_option(
            filter
                .expires_before
                .map(|date| Column::ExpiresAt.lte(day_before(date))),
        )
        .add_option(
            filter
                .expires_after
                .map(|date| Column::ExpiresAt.gt(day_before(date))),
        )
        .add_option(
            filter
                .search
                .as_deref()
                .map(|text| contains(Column::Folded, text)),
        )
}

/// The condition that a token is neither revoked nor beyond the grace after its rotation.
pub(super) fn not_revoked(now: Instant) -> Condition {
    use access_token::Column;
    Condition::all()
        .add(Column::RevokedAt.is_null())
        .add(goes_on_after(Column::GraceUntil, now))
}

/// Sorts by the wanted value and then by id; rows without that value come last.
fn sorted(
    query: Select<access_token::Entity>,
    sort: Option<AccessTokenSort>,
) -> Select<access_token::Entity> {
    use access_token::Column;
    let Some(AccessTokenSort { key, descending }) = sort else {
        return query.order_by_asc(Column::Id);
    };
    let column = match key {
        AccessTokenSortKey::Created => Column::CreatedAt,
        AccessTokenSortKey::Expires => Column::ExpiresAt,
        AccessTokenSortKey::LastUsed => Column::LastUsedAt,
        AccessTokenSortKey::Name => Column::Name,
    };
    let order = if descending { Order::Desc } else { Order::Asc };
    let query = match key {
        // An order by the column alone is an index's.
        AccessTokenSortKey::Created | AccessTokenSortKey::Name => query,
        // The databases disagree about the position of NULL.
        AccessTokenSortKey::Expires | AccessTokenSortKey::LastUsed => {
            query.order_by(column.is_null(), Order::Asc)
        }
    };
    query
        .order_by(column, order.clone())
        .order_by(Column::Id, order)
}

/// The domain's token of a row.
pub(super) fn to_token(row: &access_token::Model) -> Result<AccessToken, StorageError> {
    let unreadable = |error: &dyn std::error::Error| {
        StorageError::unreadable("personal access token", &format!("{}: {error}", row.id))
    };
    let specification = to_specification(row).map_err(|error| unreadable(&*error))?;
    let from = row.last_used_from.as_deref().unwrap_or_default().parse();
    Ok(AccessToken {
        id: AccessTokenId(row.id),
        user_id: UserId(row.user_id),
        specification,
        created_at: row.created_at.into(),
        revoked_at: row.revoked_at.map(Into::into),
        grace_until: row.grace_until.map(Into::into),
        lineage: AccessTokenLineage {
            first: row.family_id.map(AccessTokenId),
            previous: row.previous_id.map(AccessTokenId),
            maker: row.maker_id.map(AccessTokenId),
        },
        last_used_at: row.last_used_at.map(Into::into),
        last_used_from: from.map_err(|error: InvalidAddresses| unreadable(&error))?,
    })
}

/// Reads the chosen properties; a row that breaks a rule is refused, never read as a wider token.
fn to_specification(
    row: &access_token::Model,
) -> Result<AccessTokenSpecification, Box<dyn std::error::Error>> {
    let scopes = row
        .scopes
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<AccessTokenScopes, _>>()?;
    let patterns = row
        .repositories
        .split_whitespace()
        .map(RepositoryPattern::stored);
    let description = row.description.as_deref().unwrap_or_default();
    let specification = AccessTokenSpecification::new(DisplayName::stored(&row.name)?, scopes)?
        .described(Description::read(description)?)
        .expiring(row.expires_at.map(|end| Expiry::at(end.into())))
        .limited_to(patterns.collect::<Result<_, _>>()?)?;
    Ok(specification)
}
