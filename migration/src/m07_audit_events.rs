//! The audit log: a row for each change, written in its transaction.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema;

use crate::helpers::{id, instant, make_table, short_text, table, word};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = table(manager, "audit_events")
            .col(id())
            .col(schema::big_integer("change_number").unique_key())
            .col(short_text("actor"))
            .col(word("action"))
            .col(short_text("target"))
            .col(schema::text("detail"))
            .col(instant("created_at"))
            .take();
        make_table(manager, table).await
    }
}
