//! What a group or project is for, in a few words.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter()
            .table("namespaces")
            .add_column(schema::text_null("description"))
            .take();
        manager.alter_table(table).await
    }
}
