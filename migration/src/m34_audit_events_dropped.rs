//! The first version's audit log, whose rows are events now.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let drop = Table::drop().table("audit_events").if_exists().take();
        manager.drop_table(drop).await
    }
}
