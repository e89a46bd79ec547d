//! The pairs of letters in names, with the things that have them: the index of searches.

use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema;

use crate::helpers::{make_table, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = table(manager, "letter_pairs");
        table
            .col(schema::integer("kind"))
            .col(schema::big_integer("letters"))
            .col(schema::big_integer("block"))
            .col(schema::big_integer("bits"))
            .primary_key(Index::create().col("kind").col("letters").col("block"));
        if manager.get_database_backend() == DbBackend::Sqlite {
            // The key is the row, as on MySQL; otherwise SQLite stores both.
            table.extra("WITHOUT ROWID");
        }
        make_table(manager, table).await
    }
}
