//! An index for families: all of one is revoked when a revoked token of it is presented for rotation.

use sea_orm_migration::prelude::*;

use crate::helpers::add_index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_index(manager, "personal_access_tokens", "family_id").await
    }
}
