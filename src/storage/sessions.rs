//! Sessions on the web pages.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, FromQueryResult,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
};

use crate::domain::clock::AHEAD;
use crate::domain::ids::{SessionId, UserId};
use crate::domain::secret::SecretDigest;
use crate::domain::sessions::device::Device;
use crate::domain::sessions::waiting::{WaitingSignIn, ending};
use crate::domain::sessions::{Session, SessionRules, SessionState};
use crate::domain::users::User;
use crate::storage::changes::change::{Change, Login};
use crate::storage::changes::counter;
use crate::storage::connections::db::Db;
use crate::storage::entity::hidden::HiddenBytes;
use crate::storage::entity::instant::Instant;
use crate::storage::entity::session::{self, Column};
use crate::storage::entity::user;
use crate::storage::error::StorageError;
use crate::storage::lists::oldest::{PurgePass, delete_oldest_by};
use crate::storage::source::Source;
use crate::storage::users::{lock, to_user};

/// A session that begins.
#[derive(Debug, Clone)]
pub struct SessionRecord {
    /// The user.
    pub user: UserId,
    /// The digest of its secret.
    pub digest: SecretDigest,
    /// The part of the sign-in that is done.
    pub state: SessionState,
    /// The device that it is on.
    pub device: Device,
    /// The address that the sign-in comes from, if it is known.
    pub address: Option<IpAddr>,
}

/// A session with its user.
#[derive(Debug, Clone)]
pub struct SessionOfUser {
    /// The session.
    pub session: Session,
    /// The user.
    pub user: User,
    /// True if the user is to choose another password.
    pub password_is_temporary: bool,
}

/// The session with that digest, with its user; neither needs to be active. A standby is not believed.
#[tracing::instrument(level = "debug", name = "storage.sessions.find_by_digest", skip_all)]
pub async fn find_by_digest(
    source: &impl Source,
    digest: &SecretDigest,
) -> Result<Option<SessionOfUser>, StorageError> {
    let select = session::Entity::find_by_digest(hidden(digest))
        .find_also_related(user::Entity)
        .into_query();
    let (rows, _) = counter::numbered(select, source.connection()).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let session = session::Model::from_query_result(row, counter::FIRST)?;
    let user = user::Model::from_query_result(row, counter::SECOND)?;
    Ok(Some(SessionOfUser {
        session: to_session(session),
        password_is_temporary: user.password_is_temporary,
        user: to_user(user)?,
    }))
}

/// The session with that id.
#[tracing::instrument(level = "debug", name = "storage.sessions.find", skip_all, fields(id = %id))]
pub async fn find(source: &impl Source, id: SessionId) -> Result<Option<Session>, StorageError> {
    let row = session::Entity::find_by_id(id.0)
        .one(source.connection())
        .await?;
    Ok(row.map(to_session))
}

/// The open sessions of a user that go on, those that were used last before others.
#[tracing::instrument(level = "debug", name = "storage.sessions.of_user", skip_all, fields(owner = %owner))]
pub async fn of_user(
    source: &impl Source,
    owner: UserId,
    at: (&SessionRules, DateTime<Utc>),
) -> Result<Vec<Session>, StorageError> {
    let rows = last_first(owner, session::State::Open, at)
        .all(source.connection())
        .await?;
    Ok(rows.into_iter().map(to_session).collect())
}

/// Stores a session that begins.
#[tracing::instrument(level = "debug", name = "storage.sessions.insert", skip_all)]
pub async fn insert(login: &Login, new: SessionRecord) -> Result<Session, StorageError> {
    let row = session::ActiveModel {
        user_id: Set(new.user.0),
        digest: Set(hidden(&new.digest)),
        state: Set(to_state(new.state)),
        device: Set(new.device.to_string()),
        address: Set(new.address.map(|address| address.to_string())),
        created_at: Set(login.now().into()),
        last_seen_at: Set(login.now().into()),
        ..Default::default()
    };
    Ok(to_session(row.insert(login.connection()).await?))
}

/// Ends the open sessions of a user that were not used for longest, so that there is room for one more. The user's row is locked by
/// the login, so that another one does not count the same.
#[tracing::instrument(level = "debug", name = "storage.sessions.make_room", skip_all, fields(owner = %owner))]
pub async fn make_room(
    login: &Login,
    owner: UserId,
    rules: &SessionRules,
) -> Result<(), StorageError> {
    let too_many: Vec<i64> = last_first(owner, session::State::Open, (rules, login.now()))
        .select_only()
        .column(Column::Id)
        .offset(rules.most_per_user.saturating_sub(1))
        .into_tuple()
        .all(login.connection())
        .await?;
    end(login, too_many).await
}

/// Ends sign-ins of a user that await a code, for another one from `address`. They make room for their like alone, because whoever
/// knows only the password ends nobody's session.
#[tracing::instrument(level = "debug", name = "storage.sessions.make_room_to_wait", skip_all, fields(owner = %owner))]
pub async fn make_room_to_wait(
    login: &Login,
    (owner, address): (UserId, Option<IpAddr>),
    rules: &SessionRules,
) -> Result<(), StorageError> {
    let at = (rules, login.now());
    let rows: Vec<(i64, Option<String>)> = last_first(owner, session::State::AwaitsCode, at)
        .select_only()
        .columns([Column::Id, Column::Address])
        .into_tuple()
        .all(login.connection())
        .await?;
    let waiting = rows.into_iter().map(|(id, address)| WaitingSignIn {
        id: SessionId(id),
        address: to_address(address.as_deref()),
    });
    let ending = ending(&waiting.collect::<Vec<_>>(), address);
    end(login, ending.iter().map(|id| id.0).collect()).await
}

/// The sessions of a user in that state, those that were used last before others; without those that are dead, which take nobody's
/// place until they are purged.
fn last_first(
    owner: UserId,
    state: session::State,
    (rules, now): (&SessionRules, DateTime<Utc>),
) -> Select<session::Entity> {
    /// The most that one login looks at; MySQL wants a limit beside an offset.
    const MOST_AT_ONCE: u64 = 1000;
    let dead = dead(rules, now).into_iter();
    let dead = dead.fold(Condition::any(), |dead, (reason, _)| dead.add(reason));
    // They began while a clock was ahead. Nobody deletes them for that: it may be this clock that is behind.
    let dead = dead.add(Column::CreatedAt.gt(Instant::from(now + AHEAD)));
    session::Entity::find()
        .filter(Column::UserId.eq(owner.0))
        .filter(Column::State.eq(state))
        .filter(dead.not())
        .order_by_desc(Column::LastSeenAt)
        .order_by_desc(Column::Id)
        .limit(MOST_AT_ONCE)
}

async fn end(login: &Login, ids: Vec<i64>) -> Result<(), StorageError> {
    if !ids.is_empty() {
        session::Entity::delete_many()
            .filter(Column::Id.is_in(ids))
            .exec(login.connection())
            .await?;
    }
    Ok(())
}

fn to_address(text: Option<&str>) -> Option<IpAddr> {
    text.and_then(|address| address.parse().ok())
}

/// Ends the session with that digest, in whose browser another one begins.
#[tracing::instrument(level = "debug", name = "storage.sessions.replace", skip_all)]
pub async fn replace(login: &Login, digest: &SecretDigest) -> Result<(), StorageError> {
    session::Entity::delete_many()
        .filter(Column::Digest.eq(hidden(digest)))
        .exec(login.connection())
        .await?;
    Ok(())
}

/// Notes that a session was used. This changes nobody's rights, so it is no event.
#[tracing::instrument(level = "debug", name = "storage.sessions.note_use", skip_all, fields(id = %id))]
pub async fn note_use(db: &Db, id: SessionId, now: DateTime<Utc>) -> Result<(), StorageError> {
    session::Entity::update_many()
        .col_expr(Column::LastSeenAt, Expr::value(Instant::from(now)))
        .filter(Column::Id.eq(id.0))
        .exec(&db.connection)
        .await?;
    Ok(())
}

/// Opens a session that awaited a code, with a new secret: the one before may have been somebody else's choice.
#[tracing::instrument(level = "debug", name = "storage.sessions.open", skip_all, fields(id = %id))]
pub async fn open(login: &Login, id: SessionId, digest: &SecretDigest) -> Result<(), StorageError> {
    let row = session::ActiveModel {
        id: Set(id.0),
        digest: Set(hidden(digest)),
        state: Set(to_state(SessionState::Open)),
        created_at: Set(login.now().into()),
        last_seen_at: Set(login.now().into()),
        ..Default::default()
    };
    row.update(login.connection()).await?;
    Ok(())
}

/// Ends one session.
#[tracing::instrument(level = "debug", name = "storage.sessions.remove", skip_all, fields(id = %id))]
pub async fn remove(change: &Change, id: SessionId) -> Result<(), StorageError> {
    session::Entity::delete_by_id(id.0)
        .exec(change.connection())
        .await?;
    Ok(())
}

/// Gives an open session another secret, so that copies of the one before open nothing.
#[tracing::instrument(level = "debug", name = "storage.sessions.renew", skip_all, fields(id = %id))]
pub async fn renew(
    change: &Change,
    id: SessionId,
    digest: &SecretDigest,
) -> Result<(), StorageError> {
    session::Entity::update_many()
        .col_expr(Column::Digest, Expr::value(hidden(digest)))
        .filter(Column::Id.eq(id.0))
        .exec(change.connection())
        .await?;
    Ok(())
}

/// Ends all sessions of a user but one, also one that a sign-in is beginning now: the user's row is locked first, so that the sign-in
/// comes before or after.
#[tracing::instrument(level = "debug", name = "storage.sessions.remove_all_of", skip_all, fields(owner = %owner))]
pub async fn remove_all_of(
    change: &Change,
    owner: UserId,
    besides: Option<SessionId>,
) -> Result<(), StorageError> {
    lock(change.connection(), owner).await?;
    let others = besides.map(|own| Column::Id.ne(own.0));
    session::Entity::delete_many()
        .filter(Column::UserId.eq(owner.0))
        .filter(Condition::all().add_option(others))
        .exec(change.connection())
        .await?;
    Ok(())
}

/// Deletes some of the sessions that have idled out or are too old, and returns their number; true if there may be more.
#[tracing::instrument(level = "debug", name = "storage.sessions.purge", skip_all)]
pub async fn purge(
    db: &Db,
    (rules, pass): (&SessionRules, &PurgePass),
    now: DateTime<Utc>,
) -> Result<(u64, bool), StorageError> {
    delete_oldest_by::<session::Entity>(db, &dead(rules, now), Column::Id, pass).await
}

/// The reasons for which sessions are dead, each with the column of the instants that make them so.
fn dead(rules: &SessionRules, now: DateTime<Utc>) -> [(Condition, Column); 3] {
    let (used_after, begun_after) = rules.limits(now);
    let half_since = SessionRules::code_limit(now);
    let until = |column: Column, end| Condition::all().add(column.lte(Instant::from(end)));
    let half = until(Column::CreatedAt, half_since);
    let half = half.add(Column::State.eq(session::State::AwaitsCode));
    [
        (until(Column::LastSeenAt, used_after), Column::LastSeenAt),
        (until(Column::CreatedAt, begun_after), Column::CreatedAt),
        (half, Column::CreatedAt),
    ]
}

fn hidden(digest: &SecretDigest) -> HiddenBytes {
    HiddenBytes(digest.as_bytes().to_vec())
}

fn to_state(state: SessionState) -> session::State {
    match state {
        SessionState::AwaitsCode => session::State::AwaitsCode,
        SessionState::Open => session::State::Open,
    }
}

fn to_session(row: session::Model) -> Session {
    Session {
        id: SessionId(row.id),
        user_id: UserId(row.user_id),
        state: match row.state {
            session::State::AwaitsCode => SessionState::AwaitsCode,
            session::State::Open => SessionState::Open,
        },
        device: Device::stored(row.device),
        address: to_address(row.address.as_deref()),
        created_at: row.created_at.into(),
        last_seen_at: row.last_seen_at.into(),
    }
}
