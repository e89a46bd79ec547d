//! A change: a transaction that ends with an audit row and the next change number, or not at all.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};

use crate::domain::events::{AuditEvent, Grant};
use crate::storage::connect::Db;
use crate::storage::entity::{audit_event, change, change_counter};
use crate::storage::error::StorageError;

/// The counter's only row.
const COUNTER: i32 = 1;

/// A change under way: dropped, it never happened.
#[derive(Debug)]
pub struct Change {
    pub(super) transaction: DatabaseTransaction,
    number: i64,
    now: DateTime<Utc>,
}

impl Db {
    /// Begins a change and takes its number.
    ///
    /// The counter's row stays locked until the change ends. So changes follow one another:
    /// numbers commit in order, and what a change has read is still true when it commits, on every
    /// database and at every isolation level.
    pub async fn begin(&self, now: DateTime<Utc>) -> Result<Change, StorageError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let transaction = self.changes.begin_with_options(options).await?;
        change_counter::Entity::update_many()
            .col_expr(
                change_counter::Column::Number,
                Expr::col(change_counter::Column::Number).add(1),
            )
            .filter(change_counter::COLUMN.id.eq(COUNTER))
            .exec(&transaction)
            .await?;
        let counter = change_counter::Entity::find_by_id(COUNTER)
            .one(&transaction)
            .await?;
        let number = counter.ok_or(StorageError::NoSchema)?.number;
        Ok(Change {
            transaction,
            number,
            now,
        })
    }
}

impl Db {
    /// The number of the last change.
    pub async fn last_change(&self) -> Result<i64, StorageError> {
        let counter = change_counter::Entity::find_by_id(COUNTER)
            .one(&self.connection)
            .await?;
        Ok(counter.ok_or(StorageError::NoSchema)?.number)
    }

    /// The numbers of the changes after `number`, in order.
    pub async fn changes_after(&self, number: i64) -> Result<Vec<i64>, StorageError> {
        let later = change::Entity::find()
            .filter(change::COLUMN.number.gt(number))
            .order_by_asc(change::Column::Number);
        let rows = later.all(&self.connection).await?;
        Ok(rows.into_iter().map(|row| row.number).collect())
    }
}

impl Change {
    /// When the change is made.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Commits the change with its audit row; `grant` proves that it may be made.
    pub async fn commit(self, grant: &Grant, event: AuditEvent) -> Result<(), StorageError> {
        let row = audit_event::ActiveModel {
            change_number: Set(self.number),
            actor: Set(grant.actor().name().to_owned()),
            action: Set(event.action.name().to_owned()),
            target: Set(event.target),
            detail: Set(event.detail),
            created_at: Set(self.now.into()),
            ..Default::default()
        };
        audit_event::Entity::insert(row)
            .exec(&self.transaction)
            .await?;
        let row = change::ActiveModel {
            number: Set(self.number),
            created_at: Set(self.now.into()),
        };
        change::Entity::insert(row)
            .exec_without_returning(&self.transaction)
            .await?;
        Ok(self.transaction.commit().await?)
    }
}
