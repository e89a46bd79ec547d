//! Notices that are due on a channel, those of a state by id, those that were finished long ago, and those about one token.

use sea_orm_migration::prelude::*;

use crate::helpers::add_index_on;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for columns in [
            &["state", "channel", "next_attempt_at", "id"][..],
            &["state", "id"],
            &["finished_at", "id"],
            &["token_id", "kind", "created_at"],
        ] {
            add_index_on(manager, "notices", columns).await?;
        }
        Ok(())
    }
}
