//! A token is revoked with the one that it was made with.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::create()
            .name("ix_personal_access_tokens_maker_id")
            .table("personal_access_tokens")
            .col("maker_id")
            .take();
        manager.create_index(index).await
    }
}
