//! Lists of projects, newest first or by id, among all or in a group; and of groups, of which there are few among many
//! projects.

use sea_orm_migration::prelude::*;

use crate::helpers::add_index_on;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for columns in [
            &["kind", "created_at", "id"][..],
            &["kind", "id"],
            &["parent_id", "kind", "created_at", "id"],
        ] {
            add_index_on(manager, "namespaces", columns).await?;
        }
        Ok(())
    }
}
