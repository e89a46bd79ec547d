//! Lists of tokens by the time of their making, newest first as a rule.

use sea_orm_migration::prelude::*;

use crate::helpers::add_index_on;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_index_on(manager, "personal_access_tokens", &["created_at", "id"]).await
    }
}
