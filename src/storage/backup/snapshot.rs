//! A snapshot: everything that is stored, as of one moment, while others go on with changes.

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, IsolationLevel,
    QueryResult, TransactionOptions,
};

use crate::domain::backup::cell::{Cell, CellKind};
use crate::domain::backup::earlier_numbers::renewed;
use crate::domain::backup::table_head::TableHead;
use crate::storage::backup::last_id;
use crate::storage::backup::quiet::let_be_quiet;
use crate::storage::backup::tables::{self, Column, StoredTable};
use crate::storage::changes::counter;
use crate::storage::connections::bounded::Bounded;
use crate::storage::connections::db::Db;
use crate::storage::error::StorageError;
use crate::storage::schema;

/// The most rows that are read at once, and so are in memory.
const PAGE: u64 = 500;

/// Everything that is stored, as of the moment at which the snapshot was made.
#[derive(Debug)]
pub struct Snapshot {
    transaction: Bounded<DatabaseTransaction>,
    tables: Vec<StoredTable>,
    schema: String,
    change: i64,
}

impl Db {
    /// A snapshot of the database, in a transaction that only reads.
    #[tracing::instrument(name = "storage.snapshot", skip_all)]
    pub async fn snapshot(&self) -> Result<Snapshot, StorageError> {
        let options = match self.connection.get_database_backend() {
            // A transaction there sees what was committed before its first reading.
            DbBackend::Sqlite => TransactionOptions::default(),
            _ => TransactionOptions {
                isolation_level: Some(IsolationLevel::RepeatableRead),
                access_mode: Some(AccessMode::ReadOnly),
                ..TransactionOptions::default()
            },
        };
        let transaction = self.connection.begin(options).await?;
        let_be_quiet(&transaction).await?;
        // The first reading, which settles the moment on all databases.
        let change = counter::read(&transaction).await?;
        let schema = schema::applied(&transaction).await?.pop();
        Ok(Snapshot {
            tables: tables::all(),
            schema: schema.ok_or(StorageError::NoSchema)?,
            change,
            transaction,
        })
    }
}

impl Snapshot {
    /// The last migration of the schema.
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// The number of the last change.
    pub fn change(&self) -> i64 {
        self.change
    }

    /// The tables, in the order in which they can be restored.
    pub async fn heads(&self) -> Result<Vec<TableHead>, StorageError> {
        let mut heads = Vec::new();
        for table in &self.tables {
            let last_id = if table.counts_up {
                Some(last_id::read(&self.transaction, table.name).await?)
            } else {
                None
            };
            let columns = table.columns.iter();
            heads.push(TableHead {
                table: table.name.to_owned(),
                columns: columns
                    .map(|column| (column.name.to_owned(), column.kind))
                    .collect(),
                last_id,
            });
        }
        Ok(heads)
    }

    /// The rows of a table whose key is beyond `after`, some hundreds at most, by their key; none are left after the last.
    pub async fn rows_after(
        &self,
        table: &str,
        after: Option<i64>,
    ) -> Result<Vec<Vec<Cell>>, StorageError> {
        let table = self.tables.iter().find(|known| known.name == table);
        let Some((table, key)) = table.and_then(|table| Some((table, table.columns.first()?)))
        else {
            return Ok(Vec::new());
        };
        let mut select = Query::select();
        select
            .from(table.name)
            .columns(table.columns.iter().map(|column| column.name))
            .and_where_option(after.map(|after| Expr::col(key.name).gt(after)))
            .order_by(key.name, sea_orm::Order::Asc)
            .limit(PAGE);
        let rows = self.transaction.query_all(&select).await?;
        let cells = |row: &QueryResult| {
            let columns = table.columns.iter();
            let cell = |column: &Column| {
                let cell = cell(row, *column)?;
                Ok(renewed(table.name, column.name, cell))
            };
            columns.map(cell).collect()
        };
        let rows: Result<_, DbErr> = rows.iter().map(cells).collect();
        Ok(rows?)
    }

    /// Ends the transaction.
    pub async fn end(self) -> Result<(), StorageError> {
        Ok(self.transaction.rollback().await?)
    }
}

fn cell(row: &QueryResult, column: Column) -> Result<Cell, DbErr> {
    let name = column.name;
    let cell = match column.kind {
        CellKind::Integer if column.is_short => {
            let number: Option<i32> = row.try_get("", name)?;
            number.map(|number| Cell::Integer(number.into()))
        }
        CellKind::Integer => row.try_get::<Option<_>>("", name)?.map(Cell::Integer),
        CellKind::Boolean => row.try_get::<Option<_>>("", name)?.map(Cell::Boolean),
        CellKind::Text => row.try_get::<Option<_>>("", name)?.map(Cell::Text),
        CellKind::Bytes => row.try_get::<Option<_>>("", name)?.map(Cell::Bytes),
        CellKind::Instant => row.try_get::<Option<_>>("", name)?.map(Cell::Instant),
    };
    Ok(cell.unwrap_or(Cell::Null))
}
