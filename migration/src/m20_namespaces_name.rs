//! The name that people read; null for the last part of the path.

use sea_orm_migration::prelude::*;

use crate::helpers::short_text_or_null;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter()
            .table("namespaces")
            .add_column(short_text_or_null("name"))
            .take();
        manager.alter_table(table).await
    }
}
