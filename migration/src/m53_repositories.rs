//! Repositories that were pulled from or pushed to, with the last time of each, as far as registry tokens tell.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema;

use crate::helpers::{id, instant, instant_or_null, make_table, short_text, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = table(manager, "repositories")
            .col(id())
            .col(short_text("name").unique_key())
            .col(short_text("root"))
            .col(schema::big_integer("namespace_id"))
            .col(schema::boolean("pushed"))
            .col(instant("created_at"))
            .col(instant("last_used_at"))
            .col(instant_or_null("last_pulled_at"))
            .col(instant_or_null("last_pushed_at"))
            .take();
        make_table(manager, table).await
    }
}
