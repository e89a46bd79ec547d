//! An index for groups and projects below a path, on PostgreSQL: its other indexes of texts have the order of a language,
//! which no pattern follows.

use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        let index = "CREATE INDEX IF NOT EXISTS ix_namespaces_path_pattern ON namespaces (path text_pattern_ops)";
        manager.get_connection().execute_unprepared(index).await?;
        Ok(())
    }
}
