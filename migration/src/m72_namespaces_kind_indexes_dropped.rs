//! The indexes of a kind that others have taken the place of.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = "namespaces";
        for name in ["ix_namespaces_kind_created_at_id", "ix_namespaces_kind_id"] {
            if manager.has_index(table, name).await? {
                let index = Index::drop().name(name).table(table).to_owned();
                manager.drop_index(index).await?;
            }
        }
        Ok(())
    }
}
