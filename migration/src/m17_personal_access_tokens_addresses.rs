//! From where a token was last used.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = Table::alter()
            .table("personal_access_tokens")
            .add_column(schema::text_null("last_used_from"))
            .take();
        manager.alter_table(column).await
    }
}
