//! The nanoseconds of the instant of a change, by which it is told from another one that got the same number after the database
//! went back; none in older rows.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema;

use crate::helpers::add_column;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_column(manager, "changes", schema::integer_null("nanoseconds")).await
    }
}
