//! Users with the hashes of their passwords.

use sea_orm::sea_query::SelectStatement;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{self, NotSet, Set},
    EntityTrait, FromQueryResult, QueryFilter, QueryTrait,
};

use crate::domain::ids::UserId;
use crate::domain::users::password::PasswordHash;
use crate::domain::users::username::Username;
use crate::domain::users::{EmailAddress, User};
use crate::storage::changes::change::{Change, Login};
use crate::storage::changes::counter::{self, Numbered};
use crate::storage::entity::hidden::HiddenText;
use crate::storage::entity::user;
use crate::storage::error::StorageError;
use crate::storage::source::Source;
use crate::storage::users::to_user;

/// A user with the hash of their password.
#[derive(Debug, Clone)]
pub struct Account {
    /// The user.
    pub user: User,
    /// The hash of the password; none if there is no password.
    pub password: Option<PasswordHash>,
    /// True if somebody else made it, and the user is to choose another one.
    pub password_is_temporary: bool,
}

/// The user with that name, to check a password.
#[tracing::instrument(level = "debug", name = "storage.users.account_by_username", skip_all)]
pub async fn account_by_username(
    source: &impl Source,
    username: &Username,
) -> Result<Option<Account>, StorageError> {
    Ok(account_by_username_numbered(source, username).await?.0)
}

/// The account of that user name, and the number of the last change that the answer knows of.
pub(in crate::storage) async fn account_by_username_numbered(
    source: &impl Source,
    username: &Username,
) -> Result<Numbered<Option<Account>>, StorageError> {
    let found = user::Entity::find_by_username(username.as_str());
    numbered_account(source, found.into_query()).await
}

/// The user with that address, to check a password.
#[tracing::instrument(level = "debug", name = "storage.users.account_by_email", skip_all)]
pub async fn account_by_email(
    source: &impl Source,
    email: &EmailAddress,
) -> Result<Option<Account>, StorageError> {
    Ok(account_by_email_numbered(source, email).await?.0)
}

/// The account of that e-mail address, and the number of the last change that the answer knows of.
pub(in crate::storage) async fn account_by_email_numbered(
    source: &impl Source,
    email: &EmailAddress,
) -> Result<Numbered<Option<Account>>, StorageError> {
    let found = user::Entity::find().filter(user::COLUMN.email.eq(email.as_str()));
    numbered_account(source, found.into_query()).await
}

async fn numbered_account(
    source: &impl Source,
    select: SelectStatement,
) -> Result<Numbered<Option<Account>>, StorageError> {
    let (rows, number) = counter::numbered(select, source.connection()).await?;
    let row = rows.first();
    let row = row.map(|row| user::Model::from_query_result(row, ""));
    Ok((row.transpose()?.map(to_account).transpose()?, number))
}

/// The user with that id, with the hash of their password.
pub async fn account(source: &impl Source, id: UserId) -> Result<Option<Account>, StorageError> {
    let row = user::Entity::find_by_id(id.0)
        .one(source.connection())
        .await?;
    row.map(to_account).transpose()
}

/// Replaces the hash of the password, of which no copies are kept, by that of one that the user chose.
#[tracing::instrument(level = "debug", name = "storage.users.set_password", skip_all, fields(id = %id))]
pub async fn set_password(
    change: &Change,
    id: UserId,
    hash: &PasswordHash,
) -> Result<(), StorageError> {
    keep_password(change, (id, Set(false)), hash).await
}

/// Replaces the hash of the password by that of one that somebody else made: the user is to choose another one when they sign in.
#[tracing::instrument(level = "debug", name = "storage.users.set_temporary_password", skip_all, fields(id = %id))]
pub async fn set_temporary_password(
    change: &Change,
    id: UserId,
    hash: &PasswordHash,
) -> Result<(), StorageError> {
    keep_password(change, (id, Set(true)), hash).await
}

/// Stores another hash of the same password.
#[tracing::instrument(level = "debug", name = "storage.users.rehash", skip_all, fields(id = %id))]
pub async fn rehash(login: &Login, id: UserId, hash: &PasswordHash) -> Result<(), StorageError> {
    keep_password(login, (id, NotSet), hash).await
}

async fn keep_password(
    source: &impl Source,
    (id, is_temporary): (UserId, ActiveValue<bool>),
    hash: &PasswordHash,
) -> Result<(), StorageError> {
    let row = user::ActiveModel {
        id: Set(id.0),
        password_hash: Set(Some(hidden(hash))),
        password_is_temporary: is_temporary,
        ..Default::default()
    };
    row.update(source.connection()).await?;
    Ok(())
}

pub(super) fn hidden(hash: &PasswordHash) -> HiddenText {
    HiddenText(hash.as_phc().to_owned())
}

fn to_account(mut row: user::Model) -> Result<Account, StorageError> {
    let password = row
        .password_hash
        .take()
        .map(|hash| PasswordHash::from_phc(hash.0));
    Ok(Account {
        password_is_temporary: row.password_is_temporary,
        user: to_user(row)?,
        password,
    })
}
