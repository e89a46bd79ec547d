//! The first token of a chain of rotations; null for that one itself.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = Table::alter()
            .table("personal_access_tokens")
            .add_column(schema::big_integer_null("family_id"))
            .take();
        manager.alter_table(column).await
    }
}
