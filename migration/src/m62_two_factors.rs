//! The secrets of second factors, encrypted, and the step of the last code that was accepted.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema;

use crate::helpers::{instant, instant_or_null, make_table, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = table(manager, "two_factors")
            .col(
                ColumnDef::new("user_id")
                    .big_integer()
                    .not_null()
                    .primary_key(),
            )
            .col(schema::var_binary("secret", 255))
            .col(schema::big_integer("last_step"))
            .col(instant("created_at"))
            .col(instant_or_null("confirmed_at"))
            .foreign_key(
                ForeignKey::create()
                    .name("fk_two_factors_user_id")
                    .from("two_factors", "user_id")
                    .to("users", "id"),
            )
            .take();
        make_table(manager, table).await
    }
}
