//! True for users who need a second factor beside their password.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema;

use crate::helpers::add_column;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = schema::boolean("two_factor").default(false).take();
        add_column(manager, "users", column).await
    }
}
