//! People and machines that sign in.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema;

use crate::helpers::{id, instant, make_table, short_text, short_text_or_null, table, word};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = table(manager, "users")
            .col(id())
            .col(short_text("username").unique_key())
            .col(short_text("name"))
            .col(short_text_or_null("email").unique_key())
            .col(schema::text_null("password_hash"))
            .col(schema::boolean("admin"))
            .col(schema::boolean("external"))
            .col(word("state"))
            .col(instant("created_at"))
            .take();
        make_table(manager, table).await
    }
}
