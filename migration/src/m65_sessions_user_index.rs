//! An index for a user's sessions, which end together.

use sea_orm_migration::prelude::*;

use crate::helpers::add_index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_index(manager, "sessions", "user_id").await
    }
}
