//! Users.

mod accounts;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait,
    Order, QueryFilter, QueryOrder, QuerySelect, Select,
};

pub use accounts::{
    Account, account, account_by_email, account_by_username, rehash, set_password,
    set_temporary_password,
};
pub(super) use accounts::{account_by_email_numbered, account_by_username_numbered};

use crate::domain::events::subject::Touched;
use crate::domain::ids::UserId;
use crate::domain::page::{Listing, Paging};
use crate::domain::users::filter::{UserFilter, UserSortKey};
use crate::domain::users::password::PasswordHash;
use crate::domain::users::username::Username;
use crate::domain::users::{EmailAddress, User, UserState};
use crate::storage::changes::change::Change;
use crate::storage::entity::instant::Instant;
use crate::storage::entity::user;
use crate::storage::error::StorageError;
use crate::storage::lists::letter_pairs::{self, Named};
use crate::storage::lists::page::{
    TextLine, between, contains, contains_before_the_last, having, is_line, is_one_of, listing_of,
    nothing,
};
use crate::storage::source::Source;
use crate::storage::users::accounts::hidden;

/// A user that is to be made.
#[derive(Debug, Clone)]
pub struct UserRecord {
    /// The name for signing in.
    pub username: Username,
    /// The name that people read.
    pub name: String,
    /// The e-mail address, if there is one; it also signs in.
    pub email: Option<EmailAddress>,
    /// True if they may do everything on every path.
    pub admin: bool,
    /// True if internal groups and projects are closed to them.
    pub external: bool,
    /// The hash of the password, if there is one.
    pub password: Option<PasswordHash>,
    /// True if they are to choose another password when they sign in.
    pub password_is_temporary: bool,
}

/// The first `size` users that `filter` lets through, by name; or the first after a name.
#[tracing::instrument(level = "debug", name = "storage.users.by_name", skip_all)]
pub async fn by_name(
    source: &impl Source,
    filter: &UserFilter,
    after: Option<&Username>,
    size: u64,
) -> Result<Vec<User>, StorageError> {
    let after = after.map(|name| user::Column::Username.gt(name.as_str()));
    let rows = user::Entity::find()
        .filter(wanted(filter).add_option(after))
        .order_by_asc(user::Column::Username)
        .limit(size)
        .all(source.connection())
        .await?;
    rows.into_iter().map(to_user).collect()
}

/// A part of the users that `filter` lets through.
#[tracing::instrument(level = "debug", name = "storage.users.page", skip_all)]
pub async fn page(
    source: &impl Source,
    filter: &UserFilter,
    paging: Paging,
) -> Result<Listing<User>, StorageError> {
    let (all, condition) = (user::Entity::find(), wanted(filter));
    let wanted = match &filter.search {
        Some(text) => {
            let named = (Named::User, user::Column::Id);
            having(source, (all, condition), named, text).await?
        }
        None => all.filter(condition).into(),
    };
    let sort = |query| sorted(query, filter);
    let id = (user::Column::Id, |row: &user::Model| row.id);
    let rows = listing_of(source, wanted, sort, id, paging).await?;
    rows.try_map(to_user)
}

fn wanted(filter: &UserFilter) -> Condition {
    use user::Column;
    let created = |instant: DateTime<Utc>| Instant::from(instant);
    Condition::all()
        .add_option(
            filter
                .username
                .as_ref()
                .map(|name| Column::Username.eq(name.as_str())),
        )
        .add_option(filter.search.as_deref().map(|text| {
            if filter.search_addresses {
                contains(Column::Folded, text)
            } else {
                has_text(text)
            }
        }))
        .add_option(filter.state.map(|state| Column::State.eq(to_state(state))))
        .add_option(
            filter
                .external
                .map(|external| Column::External.eq(external)),
        )
        .add_option(filter.admin.map(|admin| Column::Admin.eq(admin)))
        .add_option(filter.two_factor.map(|is_on| Column::TwoFactor.eq(is_on)))
        .add_option(
            filter
                .created_before
                .map(|instant| Column::CreatedAt.lte(created(instant))),
        )
        .add_option(
            filter
                .created_after
                .map(|instant| Column::CreatedAt.gte(created(instant))),
        )
        .add(between(Column::Id, filter.ids))
        .add_option(filter.nothing.then(nothing))
}

fn sorted(query: Select<user::Entity>, filter: &UserFilter) -> Select<user::Entity> {
    use user::Column;
    let order = if filter.sort.descending {
        Order::Desc
    } else {
        Order::Asc
    };
    let query = match filter.sort.key {
        UserSortKey::Id => query,
        UserSortKey::Likeness => match &filter.search {
            Some(text) => query.order_by(unlikeness(text, filter.search_addresses), order.clone()),
            None => query,
        },
        UserSortKey::Name => query.order_by(Column::Name, order.clone()),
        UserSortKey::Username => query.order_by(Column::Username, order.clone()),
        UserSortKey::Created => query.order_by(Column::CreatedAt, order.clone()),
    };
    query.order_by(Column::Id, order)
}

/// A number that is the lower, the more a user is the one who is searched for: clients take the first one for them.
fn unlikeness(text: &str, with_addresses: bool) -> Expr {
    let is_line = |line| is_line(user::Column::Folded, text, line);
    let likeness = Expr::case(is_line(TextLine::Middle), 1).case(is_line(TextLine::First), 2);
    let likeness = if with_addresses {
        likeness.case(is_line(TextLine::Last), 3)
    } else {
        likeness
    };
    likeness.finally(4).into()
}

/// The user with that id.
#[tracing::instrument(level = "debug", name = "storage.users.find", skip_all, fields(id = %id))]
pub async fn find(source: &impl Source, id: UserId) -> Result<Option<User>, StorageError> {
    user::Entity::find_by_id(id.0)
        .one(source.connection())
        .await?
        .map(to_user)
        .transpose()
}

/// The users with these ids, as many as are there.
#[tracing::instrument(level = "debug", name = "storage.users.find_all", skip_all)]
pub async fn find_all(
    source: &impl Source,
    ids: BTreeSet<UserId>,
) -> Result<BTreeMap<UserId, User>, StorageError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = user::Entity::find()
        .filter(is_one_of(user::Column::Id, ids.iter().map(|id| id.0)))
        .all(source.connection())
        .await?;
    let users = rows.into_iter().map(to_user);
    users.map(|user| user.map(|user| (user.id, user))).collect()
}

/// The user with that name.
#[tracing::instrument(level = "debug", name = "storage.users.find_by_username", skip_all)]
pub async fn find_by_username(
    source: &impl Source,
    username: &Username,
) -> Result<Option<User>, StorageError> {
    Ok(account_by_username(source, username)
        .await?
        .map(|account| account.user))
}

/// Locks a user's row until the transaction ends; SQLite has locked everything already.
pub(super) async fn lock(
    transaction: &impl ConnectionTrait,
    id: UserId,
) -> Result<(), StorageError> {
    user::Entity::find_by_id(id.0)
        .lock_exclusive()
        .one(transaction)
        .await?;
    Ok(())
}

/// True if there is any user.
#[tracing::instrument(level = "debug", name = "storage.users.exist", skip_all)]
pub async fn exist(source: &impl Source) -> Result<bool, StorageError> {
    Ok(user::Entity::find()
        .one(source.connection())
        .await?
        .is_some())
}

/// True if there is an active administrator, other than the user with the id `besides`.
#[tracing::instrument(level = "debug", name = "storage.users.has_administrator", skip_all)]
pub async fn has_administrator(
    source: &impl Source,
    besides: Option<UserId>,
) -> Result<bool, StorageError> {
    let condition = Condition::all()
        .add(user::Column::Admin.eq(true))
        .add(user::Column::State.eq(user::State::Active))
        .add_option(besides.map(|id| user::Column::Id.ne(id.0)));
    let one = user::Entity::find().filter(condition);
    Ok(one.one(source.connection()).await?.is_some())
}

/// Stores a new, active user.
#[tracing::instrument(level = "debug", name = "storage.users.insert", skip_all)]
pub async fn insert(change: &Change, new: UserRecord) -> Result<User, StorageError> {
    let email = new.email.as_ref().map(EmailAddress::as_str);
    let folded = user::folded_texts(&new.name, new.username.as_str(), email);
    let row = user::ActiveModel {
        folded: Set(Some(folded.clone())),
        username: Set(new.username.as_str().to_owned()),
        name: Set(new.name),
        email: Set(new.email.map(|email| email.as_str().to_owned())),
        password_hash: Set(new.password.as_ref().map(hidden)),
        password_is_temporary: Set(new.password_is_temporary),
        admin: Set(new.admin),
        external: Set(new.external),
        state: Set(user::State::Active),
        two_factor: Set(false),
        created_at: Set(change.now().into()),
        ..Default::default()
    };
    let user = to_user(row.insert(change.connection()).await?)?;
    let named = [(user.id.0, folded.as_str())];
    letter_pairs::note(change.connection(), Named::User, named).await?;
    change.touch(Touched::User(user.id));
    Ok(user)
}

/// Stores the name, address and flags of a user.
#[tracing::instrument(level = "debug", name = "storage.users.save", skip_all)]
pub async fn save(change: &Change, to: &User) -> Result<(), StorageError> {
    change.touch(Touched::User(to.id));
    let email = to.email.as_ref().map(EmailAddress::as_str);
    let folded = user::folded_texts(&to.name, to.username.as_str(), email);
    let named = [(to.id.0, folded.as_str())];
    letter_pairs::note(change.connection(), Named::User, named).await?;
    let row = user::ActiveModel {
        id: Set(to.id.0),
        folded: Set(Some(folded)),
        name: Set(to.name.clone()),
        email: Set(to.email.as_ref().map(|email| email.as_str().to_owned())),
        admin: Set(to.admin),
        external: Set(to.external),
        ..Default::default()
    };
    row.update(change.connection()).await?;
    Ok(())
}

/// Removes a user, whose tokens and roles must be gone already.
#[tracing::instrument(level = "debug", name = "storage.users.remove", skip_all, fields(id = %id))]
pub async fn remove(change: &Change, id: UserId) -> Result<(), StorageError> {
    change.touch(Touched::User(id));
    user::Entity::delete_by_id(id.0)
        .exec(change.connection())
        .await?;
    Ok(())
}

/// Lets a user sign in, or no longer.
#[tracing::instrument(level = "debug", name = "storage.users.set_state", skip_all, fields(id = %id))]
pub async fn set_state(change: &Change, id: UserId, state: UserState) -> Result<(), StorageError> {
    change.touch(Touched::User(id));
    let row = user::ActiveModel {
        id: Set(id.0),
        state: Set(to_state(state)),
        ..Default::default()
    };
    row.update(change.connection()).await?;
    Ok(())
}

/// The condition that `text` is in the name or user name.
pub(super) fn has_text(text: &str) -> Expr {
    contains_before_the_last(user::Column::Folded, text)
}

fn to_state(state: UserState) -> user::State {
    match state {
        UserState::Active => user::State::Active,
        UserState::Blocked => user::State::Blocked,
    }
}

/// The domain's user of a row.
pub(super) fn to_user(row: user::Model) -> Result<User, StorageError> {
    let unreadable = |error: &dyn std::error::Error| StorageError::unreadable("user", &error);
    let email = row.email.as_deref().map(EmailAddress::stored).transpose();
    Ok(User {
        id: UserId(row.id),
        username: Username::try_from(row.username.as_str()).map_err(|error| unreadable(&error))?,
        name: row.name,
        email: email.map_err(|error| unreadable(&error))?,
        admin: row.admin,
        external: row.external,
        state: match row.state {
            user::State::Active => UserState::Active,
            user::State::Blocked => UserState::Blocked,
        },
        two_factor: row.two_factor,
        created_at: row.created_at.into(),
    })
}
