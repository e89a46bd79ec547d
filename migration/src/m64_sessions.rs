//! Sessions on the web pages: the digest of each id, never the id.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema;

use crate::helpers::{
    digest, id, instant, make_table, short_text, short_text_or_null, table, word,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = table(manager, "sessions")
            .col(id())
            .col(schema::big_integer("user_id"))
            .col(digest("digest").unique_key())
            .col(word("state"))
            .col(short_text("device"))
            .col(short_text_or_null("address"))
            .col(instant("created_at"))
            .col(instant("last_seen_at"))
            .foreign_key(
                ForeignKey::create()
                    .name("fk_sessions_user_id")
                    .from("sessions", "user_id")
                    .to("users", "id"),
            )
            .take();
        make_table(manager, table).await
    }
}
