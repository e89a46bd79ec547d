//! The beginning of a restoration: an empty database gets the schema of the backup.

use migration::IntoSchemaManagerConnection;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend};

use crate::domain::backup::change_numbers::COUNTER_TABLE;
use crate::domain::backup::table_head::TableHead;
use crate::storage::backup::error::RestorationError;
use crate::storage::backup::fit;
use crate::storage::backup::last_id;
use crate::storage::backup::quiet::let_be_quiet;
use crate::storage::backup::restoration::Restoration;
use crate::storage::backup::tables::{self, NOTED};
use crate::storage::changes::counter;
use crate::storage::connections::bounded::Bounded;
use crate::storage::connections::db::Db;
use crate::storage::error::StorageError;
use crate::storage::schema::{self, SchemaLevel};

impl Db {
    /// Begins to write a backup whose schema is at that level, and which has these tables, into a database in which nothing is.
    /// Sessions, which are in none of them, go on after `last_session`.
    #[tracing::instrument(name = "storage.begin_restoration", skip_all)]
    pub async fn begin_restoration(
        &self,
        level: SchemaLevel,
        tables: (&[TableHead], i64),
    ) -> Result<Restoration, RestorationError> {
        let begun = Box::pin(self.begin_in_turn(level, tables));
        self.while_there(begun).await
    }

    async fn begin_in_turn(
        &self,
        level: SchemaLevel,
        (heads, last_session): (&[TableHead], i64),
    ) -> Result<Restoration, RestorationError> {
        fit::must_be_known(heads)?;
        let (turn, transaction) = match self.connection.get_database_backend() {
            DbBackend::Sqlite => (None, self.prepare_file(level).await?),
            backend => {
                let turn = schema::take_turn(&self.connection.inner, backend).await?;
                let_be_quiet(&turn).await.map_err(StorageError::from)?;
                let tables = (heads, last_session);
                (Some(turn), self.prepare_server(level, tables).await?)
            }
        };
        let_be_quiet(&transaction)
            .await
            .map_err(StorageError::from)?;
        // Locks the row that every change begins with, so that changes of others come before or after.
        counter::add(0, &transaction).await?;
        // Another program may have been faster.
        self.must_be_empty(&transaction, level).await?;
        fit::must_fit(&transaction, heads).await?;
        Ok(Restoration {
            transaction,
            turn,
            db: self.clone(),
            heads: heads.to_vec(),
            last_session,
            later: Vec::new(),
        })
    }

    /// A transaction in which a file has the schema; that is a part of it.
    async fn prepare_file(
        &self,
        level: SchemaLevel,
    ) -> Result<Bounded<DatabaseTransaction>, RestorationError> {
        let transaction = self.begin_to_write().await?;
        let applied = self.must_be_empty(&transaction, level).await?;
        schema::bring_to(&transaction.inner, Some(level), applied).await?;
        Ok(transaction)
    }

    /// A transaction in which a server has the schema; that stays, empty, if nothing comes of the rest.
    async fn prepare_server(
        &self,
        level: SchemaLevel,
        (heads, last_session): (&[TableHead], i64),
    ) -> Result<Bounded<DatabaseTransaction>, RestorationError> {
        let connection = &self.connection;
        let applied = self.must_be_empty(connection, level).await?;
        schema::bring_to(&connection.inner, Some(level), applied).await?;
        // MySQL ends a transaction at such a statement, so it comes before.
        if connection.get_database_backend() == DbBackend::MySql {
            last_id::go_on(connection, heads).await?;
            last_id::go_on_with_sessions(connection, last_session).await?;
        }
        Ok(self.begin_to_write().await?)
    }

    async fn begin_to_write(&self) -> Result<Bounded<DatabaseTransaction>, StorageError> {
        Ok(self.changes.begin_to_write().await?)
    }

    /// The number of migrations that were applied to a database in which nothing is.
    async fn must_be_empty<C>(
        &self,
        connection: &Bounded<C>,
        level: SchemaLevel,
    ) -> Result<usize, RestorationError>
    where
        C: ConnectionTrait,
        for<'c> &'c C: IntoSchemaManagerConnection<'c>,
    {
        let applied = match schema::applied(connection).await {
            Err(StorageError::OtherSchema(_)) => {
                if schema::is_foreign(&connection.inner).await? {
                    return Err(RestorationError::NotEmpty(self.place()));
                }
                return Err(RestorationError::OtherSchema(self.place()));
            }
            applied => applied?,
        };
        for table in tables::all() {
            if schema::has_table(&connection.inner, table.name).await?
                && has_rows(connection, table.name).await?
            {
                return Err(RestorationError::NotEmpty(self.place()));
            }
        }
        if applied.len() > level.migrations() {
            return Err(RestorationError::OtherSchema(self.place()));
        }
        Ok(applied.len())
    }
}

async fn has_rows(
    connection: &impl ConnectionTrait,
    table: &'static str,
) -> Result<bool, StorageError> {
    let mut select = Query::select();
    select.from(table).expr(Expr::val(1)).limit(1);
    if table == COUNTER_TABLE {
        select.and_where(Expr::col("number").gt(0));
    } else if NOTED.contains(&table) {
        // A start that came no further.
        return Ok(false);
    }
    Ok(connection.query_one(&select).await?.is_some())
}
