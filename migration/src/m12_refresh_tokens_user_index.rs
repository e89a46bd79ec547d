//! An index for a user's refresh tokens, which are revoked together.

use sea_orm_migration::prelude::*;

use crate::helpers::add_index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_index(manager, "refresh_tokens", "user_id").await
    }
}
