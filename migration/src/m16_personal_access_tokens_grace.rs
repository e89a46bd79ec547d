//! Until when a token works beside the one that took its place.

use sea_orm_migration::prelude::*;

use crate::helpers::instant_or_null;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = Table::alter()
            .table("personal_access_tokens")
            .add_column(instant_or_null("grace_until"))
            .take();
        manager.alter_table(column).await
    }
}
