//! The name that people read; null for the last part of the path.

use sea_orm_migration::prelude::*;

use crate::helpers::{add_column, short_text_or_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_column(manager, "namespaces", short_text_or_null("name")).await
    }
}
