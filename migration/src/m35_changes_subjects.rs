//! The things that a change touched, for those who keep copies of them; none in older rows.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema;

use crate::helpers::add_column;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_column(manager, "changes", schema::text_null("subjects")).await
    }
}
