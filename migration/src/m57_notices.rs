//! Notices that are to be sent, and that were: each in a row for every channel.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema;

use crate::helpers::{
    id, instant, instant_or_null, make_table, short_text, short_text_or_null, table, word,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = table(manager, "notices")
            .col(id())
            .col(short_text("cause").unique_key().take())
            .col(short_text("message_id"))
            .col(short_text("kind"))
            .col(word("channel"))
            .col(schema::big_integer("token_id"))
            .col(schema::big_integer_null("user_id"))
            .col(schema::text("content"))
            .col(word("state"))
            .col(schema::integer("attempts"))
            .col(short_text_or_null("last_error"))
            .col(instant("created_at"))
            .col(instant_or_null("next_attempt_at"))
            .col(instant_or_null("finished_at"))
            .take();
        make_table(manager, table).await
    }
}
