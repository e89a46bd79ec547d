//! The indexes of a kind that others have taken the place of.

use sea_orm_migration::prelude::*;

use crate::helpers::drop_index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = "namespaces";
        for name in ["ix_namespaces_kind_created_at_id", "ix_namespaces_kind_id"] {
            drop_index(manager, name, table).await?;
        }
        Ok(())
    }
}
