//! A look at whose a database is, before the first migration makes tables in it: one that finds its table leaves it as it is.

use migration::{Migrator, MigratorTrait, SchemaManager};
use sea_orm::sea_query::Query;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, IdenStatic, Iterable};

use crate::storage::entity::{
    access_token, change, change_counter, deploy_token, event, installation, letter_pair, live_key,
    member, namespace, notice, notice_progress, recovery_code, refresh_token, repository, session,
    two_factor, usage_day,
};
use crate::storage::error::StorageError;

/// The table of the migrations that were made. Other programs may have one of that name.
const RECORDS: &str = "seaql_migrations";

/// The table of the first migration, which a server may have without a record of it, and its columns; later migrations add others.
const FIRST: (&str, [&str; 9]) = (
    "users",
    [
        "id",
        "username",
        "name",
        "email",
        "password_hash",
        "admin",
        "external",
        "state",
        "created_at",
    ],
);

/// The audit log of the first version, which migrations read and drop, and its columns.
const FIRST_LOG: (&str, [&str; 7]) = (
    "audit_events",
    [
        "id",
        "change_number",
        "actor",
        "action",
        "target",
        "detail",
        "created_at",
    ],
);

/// The names of the migrations that were made, in no order.
pub(super) async fn recorded(manager: &SchemaManager<'_>) -> Result<Vec<String>, StorageError> {
    if !manager.has_table(RECORDS).await? {
        return Ok(Vec::new());
    }
    let all = Query::select().column("version").from(RECORDS).take();
    let rows = manager.get_connection().query_all(&all).await?;
    let names: Result<_, DbErr> = rows.iter().map(|row| row.try_get("", "version")).collect();
    Ok(names?)
}

/// True if migrations were made, and all of them are another program's.
pub(super) fn are_foreign(recorded: &[String]) -> bool {
    let all = Migrator::migrations();
    let is_known = |name: &String| all.iter().any(|migration| migration.name() == name);
    !recorded.is_empty() && !recorded.iter().any(is_known)
}

/// Makes sure that a database without records of migrations has no table of another program that has the name of one of ours.
pub(super) async fn must_be_none(manager: &SchemaManager<'_>) -> Result<(), StorageError> {
    for (table, columns) in tables() {
        if !manager.has_table(table).await? {
            continue;
        }
        for column in columns {
            if !manager.has_column(table, column).await? {
                return Err(StorageError::ForeignTable(table));
            }
        }
    }
    Ok(())
}

/// The names of all tables that may be ours.
pub(super) fn names() -> Vec<&'static str> {
    let tables = tables().into_iter().map(|(name, _)| name);
    tables.chain([RECORDS]).collect()
}

/// The tables with the columns by which they are known as ours.
fn tables() -> Vec<(&'static str, Vec<&'static str>)> {
    vec![
        (FIRST.0, FIRST.1.to_vec()),
        (FIRST_LOG.0, FIRST_LOG.1.to_vec()),
        table::<namespace::Entity>(),
        table::<member::Entity>(),
        table::<access_token::Entity>(),
        table::<deploy_token::Entity>(),
        table::<refresh_token::Entity>(),
        table::<session::Entity>(),
        table::<two_factor::Entity>(),
        table::<recovery_code::Entity>(),
        table::<event::Entity>(),
        table::<change::Entity>(),
        table::<change_counter::Entity>(),
        table::<installation::Entity>(),
        table::<notice::Entity>(),
        table::<notice_progress::Entity>(),
        table::<repository::Entity>(),
        table::<usage_day::Entity>(),
        table::<letter_pair::Entity>(),
        table::<live_key::Entity>(),
    ]
}

fn table<E: EntityTrait>() -> (&'static str, Vec<&'static str>) {
    let columns = E::Column::iter().map(|column| column.as_str());
    (E::default().table_name(), columns.collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sea_orm::{ConnectOptions, Database};

    use super::*;

    #[tokio::test]
    async fn each_table_is_looked_at() {
        let mut one = ConnectOptions::new("sqlite::memory:");
        one.max_connections(1);
        let connection = Database::connect(one).await.unwrap();
        Migrator::up(&connection, None).await.unwrap();
        let all = Query::select().column("name").from("sqlite_master").take();
        let rows = connection.query_all(&all).await.unwrap();
        let names: Vec<String> = rows
            .iter()
            .map(|row| row.try_get("", "name").unwrap())
            .collect();
        let is_table = |name: &String| {
            let is_index = ["ix_", "sqlite_", "ux_"]
                .iter()
                .any(|begin| name.starts_with(begin));
            !is_index && name != RECORDS
        };
        let made: BTreeSet<String> = names.into_iter().filter(is_table).collect();
        let mut known: BTreeSet<String> = tables()
            .into_iter()
            .map(|(name, _)| name.to_owned())
            .collect();
        assert!(known.remove(FIRST_LOG.0));
        assert_eq!(known, made);
        must_be_none(&SchemaManager::new(&connection))
            .await
            .unwrap();
    }

    #[test]
    fn migrations_of_ours_are_known_among_others() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let of = |recorded: Vec<String>| are_foreign(&recorded);
        assert!(!of(names(&[])));
        assert!(!of(names(&["m01_users", "m99_later"])));
        assert!(of(names(&["m20220101_000001_create_table"])));
    }
}
