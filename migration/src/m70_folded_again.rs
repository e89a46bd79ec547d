//! Names that are there are folded again by the next start, which stores their pairs of letters too.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["users", "namespaces", "personal_access_tokens"] {
            let forget = format!("UPDATE {table} SET folded = NULL WHERE folded IS NOT NULL");
            manager.get_connection().execute_unprepared(&forget).await?;
        }
        Ok(())
    }
}
