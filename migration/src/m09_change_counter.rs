//! The last change's number, in one row that a change locks until it commits.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema;

use crate::helpers::{make_table, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = table(manager, "change_counter")
            .col(ColumnDef::new("id").integer().not_null().primary_key())
            .col(schema::big_integer("number"))
            .take();
        make_table(manager, table).await
    }
}
