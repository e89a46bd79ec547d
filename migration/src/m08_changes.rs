//! Numbered changes, which replicas with copies in memory follow.

use sea_orm_migration::prelude::*;

use crate::helpers::{instant, make_table, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = table(manager, "changes")
            .col(
                ColumnDef::new("number")
                    .big_integer()
                    .not_null()
                    .primary_key(),
            )
            .col(instant("created_at"))
            .take();
        make_table(manager, table).await
    }
}
