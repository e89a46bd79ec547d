//! The token with which a token was made, or what took that one's place.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = Table::alter()
            .table("personal_access_tokens")
            .add_column(schema::big_integer_null("maker_id"))
            .take();
        manager.alter_table(column).await
    }
}
