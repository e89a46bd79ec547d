//! A restoration: a backup's rows are written into an empty database, and all of them are there at once or none.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query, Value};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, SqlErr};
use tokio::time::timeout;

use crate::domain::backup::cell::{Cell, CellKind};
use crate::domain::backup::line::BackupHeader;
use crate::domain::backup::table_head::TableHead;
use crate::storage::backup::error::RestorationError;
use crate::storage::backup::tables::{self, FOLDED, NOTED, OWN_REFERENCE};
use crate::storage::backup::{last_id, record};
use crate::storage::connections::bounded::Bounded;
use crate::storage::connections::db::{Db, LAST_WORDS};
use crate::storage::error::StorageError;
use crate::storage::schema;
use crate::storage::schema::fold;

/// The most values that one statement writes; every database takes some more.
const AT_A_TIME: usize = 5000;

/// A restoration under way. If it is dropped, it never happened.
#[derive(Debug)]
pub struct Restoration {
    pub(super) transaction: Bounded<DatabaseTransaction>,
    /// Holds up other programs that would change the schema; SQLite has no other way to let them wait than its lock.
    pub(super) turn: Option<DatabaseTransaction>,
    pub(super) db: Db,
    pub(super) heads: Vec<TableHead>,
    /// The last id of a session that the audit log names.
    pub(super) last_session: i64,
    /// Rows with the row of the same table that they refer to, which came after them.
    pub(super) later: Vec<(i64, i64)>,
}

/// A restoration that is done, but for the schema on servers.
#[derive(Debug)]
pub struct Restored {
    db: Db,
    turn: Option<DatabaseTransaction>,
}

impl Restored {
    /// Brings the schema up to date; a start of the service does the same, if this is cut off.
    pub async fn bring_up_to_date(self) -> Result<(), StorageError> {
        let Some(turn) = self.turn else {
            return Ok(());
        };
        let brought = Box::pin(schema::bring_up_in_turn(&self.db.connection));
        let brought = self.db.while_there(brought).await;
        end(turn).await;
        brought
    }
}

impl Restoration {
    /// Writes rows of the table that `head` describes, in the order in which they were read.
    pub async fn add(
        &mut self,
        head: &TableHead,
        mut rows: Vec<Vec<Cell>>,
    ) -> Result<(), StorageError> {
        must_be_short(head, &rows)?;
        self.put_off_references(head, &mut rows);
        leave_unfolded(head, &mut rows);
        let at_a_time = (AT_A_TIME / head.columns.len().max(1)).max(1);
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let mut insert = Query::insert();
            insert
                .into_table(head.table.clone())
                .columns(head.columns.iter().map(|(name, _)| name.clone()));
            for row in rows.by_ref().take(at_a_time) {
                let kinds = head.columns.iter().map(|(_, kind)| *kind);
                let values = kinds.zip(row).map(|(kind, cell)| value(kind, cell));
                let inserted = insert.values(values.map(Expr::val));
                inserted.map_err(|error| StorageError::unreadable("row", &error))?;
            }
            if NOTED.contains(&head.table.as_str()) {
                let others = head.columns.iter().skip(1).map(|(name, _)| name.clone());
                let key = head.columns.iter().take(1).map(|(name, _)| name.clone());
                insert.on_conflict(OnConflict::columns(key).update_columns(others).to_owned());
            }
            self.transaction.execute(&insert).await?;
        }
        Ok(())
    }

    /// Leaves out the references to rows of the same table that are not there yet; they follow when all rows are.
    fn put_off_references(&mut self, head: &TableHead, rows: &mut [Vec<Cell>]) {
        let (table, column) = OWN_REFERENCE;
        let place = head.columns.iter().position(|(name, _)| name == column);
        let Some(place) = place.filter(|_| head.table == table) else {
            return;
        };
        for row in rows {
            let (Some(Cell::Integer(key)), Some(Cell::Integer(other))) =
                (row.first().cloned(), row.get(place).cloned())
            else {
                continue;
            };
            if other > key
                && let Some(cell) = row.get_mut(place)
            {
                *cell = Cell::Null;
                self.later.push((key, other));
            }
        }
    }

    /// Does all that can be refused when the rows are there, as a change of the operator: nothing but the commit is left then.
    #[tracing::instrument(name = "storage.finish_restoration", skip_all)]
    pub async fn finish(
        &mut self,
        header: &BackupHeader,
        sha256: &str,
        now: DateTime<Utc>,
    ) -> Result<(), RestorationError> {
        self.refer_to_later_rows().await?;
        let backend = self.transaction.get_database_backend();
        if backend != DbBackend::MySql {
            last_id::go_on(&self.transaction, &self.heads).await?;
            last_id::go_on_with_sessions(&self.transaction, self.last_session).await?;
        }
        record::write(&self.transaction, header, sha256, now).await?;
        if backend == DbBackend::Sqlite {
            schema::bring_to(&self.transaction.inner, None, 0).await?;
            fold::fill(&self.transaction).await?;
        }
        Ok(())
    }

    /// Writes the references that were put off.
    async fn refer_to_later_rows(&self) -> Result<(), RestorationError> {
        let (table, column) = OWN_REFERENCE;
        for (key, other) in &self.later {
            let mut update = Query::update();
            update
                .table(table)
                .value(column, *other)
                .and_where(Expr::col("id").eq(*key));
            let updated = self.transaction.execute(&update).await;
            updated.map_err(|error| match error.sql_err() {
                Some(SqlErr::ForeignKeyConstraintViolation(_)) => RestorationError::LacksRow {
                    table,
                    key: *key,
                    column,
                    other: *other,
                },
                _ => StorageError::from(error).into(),
            })?;
        }
        Ok(())
    }

    /// Makes everything visible.
    #[tracing::instrument(name = "storage.commit_restoration", skip_all)]
    pub async fn commit(self) -> Result<Restored, StorageError> {
        self.transaction.commit_however_long().await?;
        Ok(Restored {
            db: self.db,
            turn: self.turn,
        })
    }

    /// Takes everything back.
    pub async fn give_up(self) -> Result<(), StorageError> {
        self.transaction.rollback().await?;
        if let Some(turn) = self.turn {
            end(turn).await;
        }
        Ok(())
    }
}

/// Ends the turn when everything is done. It ends with its connection too, so a server that does not answer there is not waited
/// for: that connection was quiet for as long as rows were written, and something on the way may have forgotten it.
async fn end(turn: DatabaseTransaction) {
    let _ = timeout(LAST_WORDS, turn.rollback()).await;
}

/// Leaves out the folded names, which are made anew with the index of searches, of which there is no backup.
fn leave_unfolded(head: &TableHead, rows: &mut [Vec<Cell>]) {
    let place = head.columns.iter().position(|(name, _)| name == FOLDED);
    let Some(place) = place else { return };
    for cell in rows.iter_mut().filter_map(|row| row.get_mut(place)) {
        *cell = Cell::Null;
    }
}

/// Makes sure that the numbers in columns of 32 bits have no more: SQLite would keep them, and nobody could read them.
fn must_be_short(head: &TableHead, rows: &[Vec<Cell>]) -> Result<(), StorageError> {
    let Some(table) = tables::all()
        .into_iter()
        .find(|table| table.name == head.table)
    else {
        return Ok(());
    };
    let is_short = |name: &str| {
        let mut columns = table.columns.iter();
        columns.any(|column| column.name == name && column.is_short)
    };
    for (place, (name, _)) in head.columns.iter().enumerate() {
        let is_long = |row: &Vec<Cell>| match row.get(place) {
            Some(Cell::Integer(number)) => i32::try_from(*number).is_err(),
            _ => false,
        };
        if is_short(name) && rows.iter().any(is_long) {
            let why = format!("a number in its column {name} has more than 32 bits");
            return Err(StorageError::unreadable("row", &why));
        }
    }
    Ok(())
}

fn value(kind: CellKind, cell: Cell) -> Value {
    match (kind, cell) {
        (_, Cell::Integer(number)) => Value::from(number),
        (_, Cell::Boolean(value)) => Value::from(value),
        (_, Cell::Text(text)) => Value::from(text),
        (_, Cell::Bytes(bytes)) => Value::from(bytes),
        (_, Cell::Instant(instant)) => Value::from(instant),
        (CellKind::Integer, Cell::Null) => Value::BigInt(None),
        (CellKind::Boolean, Cell::Null) => Value::Bool(None),
        (CellKind::Text, Cell::Null) => Value::String(None),
        (CellKind::Bytes, Cell::Null) => Value::Bytes(None),
        (CellKind::Instant, Cell::Null) => Value::ChronoDateTime(None),
    }
}
