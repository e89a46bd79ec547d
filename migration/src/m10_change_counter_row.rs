//! The counter's one row.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let row = Query::insert()
            .into_table("change_counter")
            .columns(["id", "number"])
            .values_panic([1.into(), 0_i64.into()])
            .to_owned();
        manager.execute(row).await
    }
}
