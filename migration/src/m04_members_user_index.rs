//! A user's memberships are read with every token request.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::create()
            .name("ix_members_user_id")
            .table("members")
            .col("user_id")
            .take();
        manager.create_index(index).await
    }
}
