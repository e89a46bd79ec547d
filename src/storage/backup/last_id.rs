//! The last id that a database gave out in a table. It is never given out again, also if its row is deleted.

use migration::IntoSchemaManagerConnection;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};

use crate::domain::backup::table_head::TableHead;
use crate::storage::backup::tables;
use crate::storage::connections::bounded::Bounded;
use crate::storage::error::StorageError;
use crate::storage::schema;

/// The table of sessions, of which there is no backup. Events name them.
const SESSIONS: &str = "sessions";

/// The last id that was given out in `table`; zero for none.
pub(super) async fn read(
    connection: &impl ConnectionTrait,
    table: &'static str,
) -> Result<i64, StorageError> {
    match connection.get_database_backend() {
        DbBackend::Sqlite => {
            let asked = format!("SELECT seq FROM sqlite_sequence WHERE name = '{table}'");
            number(connection, asked).await
        }
        DbBackend::Postgres => {
            let asked = format!("SELECT pg_get_serial_sequence('{table}', 'id')");
            let Some(row) = one(connection, asked).await? else {
                return Ok(0);
            };
            let sequence: String = row.try_get_by_index(0)?;
            let asked =
                format!("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}");
            number(connection, asked).await
        }
        _ => {
            // The information schema has it too, but MySQL keeps old answers of that for a day.
            let asked = format!("SHOW CREATE TABLE {table}");
            let Some(row) = one(connection, asked).await? else {
                return Ok(0);
            };
            let definition: String = row.try_get_by_index(1)?;
            Ok(next_in(&definition).map_or(0, |next| next - 1))
        }
    }
}

/// Lets the ids of all tables go on after the last that were given out.
pub(super) async fn go_on(
    connection: &impl ConnectionTrait,
    heads: &[TableHead],
) -> Result<(), StorageError> {
    let all = tables::all();
    let counts_up = |head: &&TableHead| {
        let table = all.iter().find(|table| table.name == head.table);
        table.is_some_and(|table| table.counts_up)
    };
    for head in heads.iter().filter(counts_up) {
        if let Some(last) = head.last_id {
            go_on_after(connection, &head.table, last).await?;
        }
    }
    Ok(())
}

/// Lets the ids of sessions go on after `last`, if there are sessions in this schema.
pub(super) async fn go_on_with_sessions<C>(
    connection: &Bounded<C>,
    last: i64,
) -> Result<(), StorageError>
where
    C: ConnectionTrait,
    for<'c> &'c C: IntoSchemaManagerConnection<'c>,
{
    if schema::has_table(&connection.inner, SESSIONS).await? {
        go_on_after(connection, SESSIONS, last).await?;
    }
    Ok(())
}

/// Lets ids of `table` go on after `last`.
async fn go_on_after(
    connection: &impl ConnectionTrait,
    table: &str,
    last: i64,
) -> Result<(), StorageError> {
    if last <= 0 {
        return Ok(());
    }
    let statements = match connection.get_database_backend() {
        DbBackend::Sqlite => vec![
            format!("DELETE FROM sqlite_sequence WHERE name = '{table}'"),
            format!("INSERT INTO sqlite_sequence (name, seq) VALUES ('{table}', {last})"),
        ],
        DbBackend::Postgres => vec![format!(
            "SELECT setval(pg_get_serial_sequence('{table}', 'id'), {last})"
        )],
        _ => vec![format!(
            "ALTER TABLE {table} AUTO_INCREMENT = {}",
            last.saturating_add(1)
        )],
    };
    for statement in statements {
        connection.execute_unprepared(&statement).await?;
    }
    Ok(())
}

/// The id that a definition says is next.
fn next_in(definition: &str) -> Option<i64> {
    let (_, rest) = definition.split_once("AUTO_INCREMENT=")?;
    let end = rest.find(|letter: char| !letter.is_ascii_digit());
    rest.get(..end.unwrap_or(rest.len()))?.parse().ok()
}

async fn one(
    connection: &impl ConnectionTrait,
    asked: String,
) -> Result<Option<QueryResult>, StorageError> {
    let statement = Statement::from_string(connection.get_database_backend(), asked);
    Ok(connection.query_one_raw(statement).await?)
}

async fn number(connection: &impl ConnectionTrait, asked: String) -> Result<i64, StorageError> {
    let row = one(connection, asked).await?;
    let number = row.map(|row| row.try_get_by_index(0)).transpose()?;
    Ok(number.unwrap_or(0))
}
