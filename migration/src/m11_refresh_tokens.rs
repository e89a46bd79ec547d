//! Refresh tokens: the digest, never the secret.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema;

use crate::helpers::{
    digest, id, instant, instant_or_null, make_table, short_text, short_text_or_null, table,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = table(manager, "refresh_tokens")
            .col(id())
            .col(schema::big_integer("user_id"))
            .col(short_text("service"))
            .col(short_text_or_null("client_id"))
            .col(digest("digest").unique_key())
            .col(instant("created_at"))
            .col(instant("last_used_at"))
            .col(instant_or_null("revoked_at"))
            .foreign_key(
                ForeignKey::create()
                    .name("fk_refresh_tokens_user_id")
                    .from("refresh_tokens", "user_id")
                    .to("users", "id"),
            )
            .take();
        make_table(manager, table).await
    }
}
