//! The record of a restoration in the database that it filled.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use crate::domain::authority::Authority;
use crate::domain::backup::line::BackupHeader;
use crate::domain::events::EventAction;
use crate::storage::changes::change::EVERYTHING;
use crate::storage::changes::counter;
use crate::storage::connections::bounded::Bounded;
use crate::storage::connections::db::Db;
use crate::storage::directory::notifications::notify;
use crate::storage::error::StorageError;

/// The letters of a digest that tell one backup from all others.
const DIGITS: usize = 16;

impl Db {
    /// True if the last change was the restoration of this backup, whose lines have that digest.
    pub async fn is_as_restored(
        &self,
        header: &BackupHeader,
        sha256: &str,
    ) -> Result<bool, StorageError> {
        let number = counter::read(&self.connection).await?;
        let mut select = Query::select();
        select
            .from("events")
            .expr(Expr::val(1))
            .and_where(Expr::col("change_number").eq(number))
            .and_where(Expr::col("action").eq(EventAction::DatabaseRestored.name()))
            .and_where(Expr::col("sentence").eq(sentence(header, sha256)))
            .limit(1);
        Ok(self.connection.query_one(&select).await?.is_some())
    }
}

/// Writes the restoration down as a change that touches everything, with its event. The tables may be those of an older schema.
pub(super) async fn write(
    transaction: &Bounded<DatabaseTransaction>,
    header: &BackupHeader,
    sha256: &str,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    counter::add(1, transaction).await?;
    let number = counter::read(transaction).await?;
    let mut change = Query::insert();
    change
        .into_table("changes")
        .columns(["number", "created_at", "subjects"])
        .values_panic([number.into(), now.naive_utc().into(), EVERYTHING.into()]);
    transaction.execute(&change).await?;
    let operator = Authority::operator();
    let mut event = Query::insert();
    event
        .into_table("events")
        .columns([
            "change_number",
            "created_at",
            "actor",
            "action",
            "subject_name",
            "sentence",
            "face",
        ])
        .values_panic([
            number.into(),
            now.naive_utc().into(),
            operator.actor().name().into(),
            EventAction::DatabaseRestored.name().into(),
            "".into(),
            sentence(header, sha256).into(),
            operator.origin().face.name().into(),
        ]);
    transaction.execute(&event).await?;
    notify(transaction).await
}

/// The words that tell which backup it was.
fn sentence(header: &BackupHeader, sha256: &str) -> String {
    format!(
        "{}, with the digest {}",
        header.words(),
        sha256.get(..DIGITS).unwrap_or(sha256)
    )
}
