//! Every start looks for rows without folded text, which it must find without reading the others.

use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["users", "namespaces", "personal_access_tokens"] {
            let name = format!("ix_{table}_folded_null");
            if manager.has_index(table, &name).await? {
                continue;
            }
            let mut index = Index::create().name(name).table(table).take();
            match manager.get_database_backend() {
                // MySQL knows no index on some rows, and no index on long text but on its beginning.
                DbBackend::MySql => index.col(("folded", 1)),
                _ => index.col("id").and_where(Expr::col("folded").is_null()),
            };
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
