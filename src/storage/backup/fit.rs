//! The tables of a backup, compared with those of this program and of the schema into which they go.

use migration::SchemaManager;
use sea_orm::DatabaseTransaction;

use crate::domain::backup::table_head::TableHead;
use crate::storage::backup::error::RestorationError;
use crate::storage::backup::tables::{self, StoredTable};
use crate::storage::connections::bounded::Bounded;
use crate::storage::error::StorageError;

/// Makes sure that all tables of a backup are ours, and their columns of the kinds that we know.
///
/// No table was given up since there are backups. If one is, its name must be known here still.
pub(super) fn must_be_known(heads: &[TableHead]) -> Result<(), RestorationError> {
    let all = tables::all();
    for head in heads {
        let Some(table) = all.iter().find(|table| table.name == head.table) else {
            return Err(RestorationError::UnknownTable(head.table.clone()));
        };
        for (name, kind) in &head.columns {
            let known = table.columns.iter().find(|column| column.name == name);
            if known.is_some_and(|known| known.kind != *kind) {
                return Err(RestorationError::OtherColumn(name.clone(), table.name));
            }
        }
        if head.columns.first().map(|(name, _)| name.as_str())
            != table.columns.first().map(|column| column.name)
        {
            return Err(RestorationError::LacksColumn(
                table.columns.first().map_or("", |column| column.name),
                table.name,
            ));
        }
    }
    Ok(())
}

/// Makes sure that every table and column of ours that is in the schema is in the backup, and none more.
pub(super) async fn must_fit(
    connection: &Bounded<DatabaseTransaction>,
    heads: &[TableHead],
) -> Result<(), RestorationError> {
    let manager = SchemaManager::new(&connection.inner);
    for table in tables::all() {
        let head = heads.iter().find(|head| head.table == table.name);
        let has_table = manager.has_table(table.name).await;
        match (head, has_table.map_err(StorageError::from)?) {
            (None, true) => return Err(RestorationError::LacksTable(table.name)),
            (Some(head), false) => {
                return Err(RestorationError::UnknownTable(head.table.clone()));
            }
            (Some(head), true) => must_have_columns(&manager, &table, head).await?,
            (None, false) => {}
        }
    }
    Ok(())
}

async fn must_have_columns(
    manager: &SchemaManager<'_>,
    table: &StoredTable,
    head: &TableHead,
) -> Result<(), RestorationError> {
    let has = async |name: &str| {
        let has = manager.has_column(table.name, name).await;
        has.map_err(StorageError::from)
    };
    for (name, _) in &head.columns {
        if !has(name).await? {
            return Err(RestorationError::OtherColumn(name.clone(), table.name));
        }
    }
    for column in &table.columns {
        let is_there = head.columns.iter().any(|(name, _)| name == column.name);
        if !is_there && has(column.name).await? {
            return Err(RestorationError::LacksColumn(column.name, table.name));
        }
    }
    Ok(())
}
