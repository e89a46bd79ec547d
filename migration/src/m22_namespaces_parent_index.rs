//! What lies below a group is listed.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::create()
            .name("ix_namespaces_parent_id")
            .table("namespaces")
            .col("parent_id")
            .take();
        manager.create_index(index).await
    }
}
