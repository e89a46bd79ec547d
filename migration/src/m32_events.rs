//! Events: who changed what, from where, with the values before and after. Several may belong to one
//! change, and those of a login belong to none.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema;

use crate::helpers::{id, instant, long_word, make_table, short_text, short_text_or_null, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = table(manager, "events")
            .col(id())
            .col(schema::big_integer_null("change_number"))
            .col(instant("created_at"))
            .col(short_text("actor"))
            .col(schema::big_integer_null("actor_id"))
            .col(long_word("action"))
            .col(short_text_or_null("subject_kind"))
            .col(schema::big_integer_null("subject_id"))
            .col(short_text("subject_name"))
            .col(schema::text("sentence"))
            .col(schema::text_null("detail"))
            .col(short_text_or_null("face"))
            .col(short_text_or_null("address"))
            .col(short_text_or_null("request_id"))
            .take();
        make_table(manager, table).await
    }
}
