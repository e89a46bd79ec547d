//! The description of a group or project.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema;

use crate::helpers::add_column;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_column(manager, "namespaces", schema::text_null("description")).await
    }
}
