//! The one row about how far notices have come: the last event that was read, and the last look at the ends of tokens.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema;

use crate::helpers::{instant, make_table, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = table(manager, "notice_progress")
            .col(ColumnDef::new("id").integer().not_null().primary_key())
            .col(schema::big_integer("change_number"))
            .col(schema::big_integer("event_id"))
            .col(instant("ends_looked_at"))
            .take();
        make_table(manager, table).await
    }
}
