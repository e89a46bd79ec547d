//! An index for a user's memberships, which are read with every token request.

use sea_orm_migration::prelude::*;

use crate::helpers::add_index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_index(manager, "members", "user_id").await
    }
}
