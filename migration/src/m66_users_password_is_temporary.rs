//! Passwords that somebody else made: their user chooses another one when they sign in.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema;

use crate::helpers::add_column;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = schema::boolean("password_is_temporary")
            .default(false)
            .take();
        add_column(manager, "users", column).await
    }
}
