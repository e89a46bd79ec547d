//! An index for the list of a user's tokens.

use sea_orm_migration::prelude::*;

use crate::helpers::add_index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_index(manager, "personal_access_tokens", "user_id").await
    }
}
