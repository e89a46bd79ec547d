//! The time until which a rotated token works beside the one that took its place.

use sea_orm_migration::prelude::*;

use crate::helpers::{add_column, instant_or_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_column(
            manager,
            "personal_access_tokens",
            instant_or_null("grace_until"),
        )
        .await
    }
}
