//! The counter's one row.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let rows = Query::select()
            .column("id")
            .from("change_counter")
            .to_owned();
        let known = manager.get_connection().query_one(&rows).await?;
        if known.is_some() {
            return Ok(());
        }
        let row = Query::insert()
            .into_table("change_counter")
            .columns(["id", "number"])
            .values_panic([1.into(), 0_i64.into()])
            .to_owned();
        manager.execute(row).await
    }
}
