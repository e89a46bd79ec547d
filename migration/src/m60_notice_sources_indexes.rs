//! The causes of notices: events in the order of changes, and tokens by their ends.

use sea_orm_migration::prelude::*;

use crate::helpers::add_index_on;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_index_on(manager, "events", &["change_number", "id"]).await?;
        add_index_on(manager, "personal_access_tokens", &["expires_at", "id"]).await?;
        add_index_on(manager, "deploy_tokens", &["expires_at", "id"]).await
    }
}
