//! An index for groups and projects below a path, on PostgreSQL.

use sea_orm_migration::prelude::*;

use crate::helpers::add_pattern_index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_pattern_index(manager, "namespaces", "path").await
    }
}
