//! Column types that mean the same on SQLite, PostgreSQL and MySQL/MariaDB.

use sea_orm_migration::prelude::*;
use sea_orm_migration::{schema, sea_orm};

/// Makes a table, unless a migration that was cut off has made it: MySQL does not undo that.
pub(crate) async fn make_table(
    manager: &SchemaManager<'_>,
    mut table: TableCreateStatement,
) -> Result<(), DbErr> {
    manager.create_table(table.if_not_exists().take()).await
}

/// Adds a column to a table, unless it is there.
pub(crate) async fn add_column(
    manager: &SchemaManager<'_>,
    table: &'static str,
    column: ColumnDef,
) -> Result<(), DbErr> {
    let name = column.get_column_name();
    if manager.has_column(table, name).await? {
        return Ok(());
    }
    let alter = Table::alter().table(table).add_column(column).take();
    manager.alter_table(alter).await
}

/// Adds an index on one column of a table, unless it is there.
pub(crate) async fn add_index(
    manager: &SchemaManager<'_>,
    table: &'static str,
    column: &'static str,
) -> Result<(), DbErr> {
    add_index_on(manager, table, &[column]).await
}

/// Adds an index on columns of a table, unless it is there.
pub(crate) async fn add_index_on(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    let name = format!("ix_{table}_{}", columns.join("_"));
    add_index_named(manager, &name, table, columns).await
}

/// The same with a name, where that of the columns would be longer than databases take.
pub(crate) async fn add_index_named(
    manager: &SchemaManager<'_>,
    name: &str,
    table: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    if manager.has_index(table, name).await? {
        return Ok(());
    }
    let mut index = Index::create().name(name).table(table).take();
    for column in columns {
        index.col(*column);
    }
    manager.create_index(index).await
}

/// Drops an index of a table, unless it is gone.
pub(crate) async fn drop_index(
    manager: &SchemaManager<'_>,
    name: &str,
    table: &'static str,
) -> Result<(), DbErr> {
    if !manager.has_index(table, name).await? {
        return Ok(());
    }
    let index = Index::drop().name(name).table(table).to_owned();
    manager.drop_index(index).await
}

/// Adds an index on PostgreSQL for the beginnings of the texts in a column, unless it is there: its other indexes of texts have the order of a
/// language, which no pattern follows.
pub(crate) async fn add_pattern_index(
    manager: &SchemaManager<'_>,
    table: &'static str,
    column: &'static str,
) -> Result<(), DbErr> {
    if manager.get_database_backend() != sea_orm::DbBackend::Postgres {
        return Ok(());
    }
    let index = format!(
        "CREATE INDEX IF NOT EXISTS ix_{table}_{column}_pattern ON {table} ({column} text_pattern_ops)"
    );
    let connection = manager.get_connection();
    connection.execute_unprepared(&index).await.map(drop)
}

/// An empty table, for UTF-8 whatever the server's default (MariaDB's is Latin 1).
pub(crate) fn table(manager: &SchemaManager<'_>, name: &'static str) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(name);
    if manager.get_database_backend() == sea_orm::DbBackend::MySql {
        table.character_set("utf8mb4").collate("utf8mb4_bin");
    }
    table
}

/// The primary key that the database counts up.
pub(crate) fn id() -> ColumnDef {
    schema::big_pk_auto("id")
}

/// Text of at most 255 characters; MySQL cannot index longer.
pub(crate) fn short_text(name: &'static str) -> ColumnDef {
    schema::string_len(name, 255)
}

/// Text of at most 255 characters, or nothing.
pub(crate) fn short_text_or_null(name: &'static str) -> ColumnDef {
    schema::string_len_null(name, 255)
}

/// A word of ours, such as a state: a string enumeration in the entities, none in the database.
pub(crate) fn word(name: &'static str) -> ColumnDef {
    schema::string_len(name, 32)
}

/// A longer word of ours, such as the kind of an event. With one letter more, MySQL would write all rows of a table anew to make
/// an older column as long.
pub(crate) fn long_word(name: &'static str) -> ColumnDef {
    schema::string_len(name, 63)
}

/// A SHA-256 digest.
pub(crate) fn digest(name: &'static str) -> ColumnDef {
    schema::var_binary(name, 32)
}

/// An instant in UTC, as a date and time without zone: the one type that all three databases keep
/// whole beyond 2038 (MariaDB's `timestamp` ends there).
pub(crate) fn instant(name: &'static str) -> ColumnDef {
    schema::date_time(name)
}

/// An instant in UTC, or nothing.
pub(crate) fn instant_or_null(name: &'static str) -> ColumnDef {
    schema::date_time_null(name)
}
