//! Lists of what is not deleted: newest first, by id and by path, and their lengths, which are counted in the index alone.

use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = "namespaces";
        for columns in [&["created_at", "id"][..], &["id"], &["path"]] {
            let name = format!("ix_namespaces_live_{}", columns.join("_"));
            if manager.has_index(table, &name).await? {
                continue;
            }
            let mut index = Index::create().name(name).table(table).col("kind").take();
            match manager.get_database_backend() {
                // It takes no order from an index in which other columns come first that are null.
                DbBackend::Postgres => index.and_where(Expr::col("deleted_at").is_null()),
                _ => index.col("deleted_at"),
            };
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
