//! Refresh tokens and sessions by what ends them, for their purge.

use sea_orm_migration::prelude::*;

use crate::helpers::add_index_on;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_index_on(manager, "refresh_tokens", &["last_used_at", "id"]).await?;
        add_index_on(manager, "refresh_tokens", &["created_at", "id"]).await?;
        add_index_on(manager, "sessions", &["last_seen_at", "id"]).await?;
        add_index_on(manager, "sessions", &["created_at", "id"]).await?;
        add_index_on(manager, "sessions", &["state", "created_at", "id"]).await
    }
}
