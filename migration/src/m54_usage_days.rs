//! Usage: what each credential was granted and refused on a day, by repository.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema;

use crate::helpers::{id, instant, make_table, short_text, table, word};

/// The columns that count.
const COUNTS: [&str; 9] = [
    "pulls",
    "pushes",
    "deletes",
    "refused_hidden",
    "refused_login_needed",
    "refused_role_too_low",
    "refused_scope_missing",
    "refused_outside",
    "refused_not_allowed",
];

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = table(manager, "usage_days");
        table
            .col(id())
            .col(instant("day"))
            .col(word("credential"))
            .col(schema::big_integer("credential_id"))
            .col(schema::big_integer_null("user_id"))
            .col(schema::big_integer("repository_id"))
            .col(schema::big_integer("namespace_id"))
            .col(short_text("root"));
        for count in COUNTS {
            table.col(schema::big_integer(count));
        }
        table.index(
            Index::create()
                .name("uq_usage_days_credential_day_repository")
                .unique()
                .col("credential")
                .col("credential_id")
                .col("day")
                .col("repository_id"),
        );
        make_table(manager, table).await
    }
}
