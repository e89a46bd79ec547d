//! An index for the mails that were sent about one user's tokens lately.

use sea_orm_migration::prelude::*;

use crate::helpers::add_index_on;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_index_on(manager, "notices", &["user_id", "kind", "finished_at"]).await
    }
}
