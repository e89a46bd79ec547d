//! A place's deploy tokens are listed, and revoked, together.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::create()
            .name("ix_deploy_tokens_namespace_id")
            .table("deploy_tokens")
            .col("namespace_id")
            .take();
        manager.create_index(index).await
    }
}
