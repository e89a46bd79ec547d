//! A user's refresh tokens are revoked together.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::create()
            .name("ix_refresh_tokens_user_id")
            .table("refresh_tokens")
            .col("user_id")
            .take();
        manager.create_index(index).await
    }
}
