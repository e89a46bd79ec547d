//! The one row about this installation: when key files were first seen beside this database.

use sea_orm_migration::prelude::*;

use crate::helpers::{instant, make_table, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = table(manager, "installation")
            .col(ColumnDef::new("id").integer().not_null().primary_key())
            .col(instant("keys_seen_at"))
            .take();
        make_table(manager, table).await
    }
}
