//! The digests of recovery codes that were not used yet.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema;

use crate::helpers::{digest, id, make_table, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = table(manager, "recovery_codes")
            .col(id())
            .col(schema::big_integer("user_id"))
            .col(digest("digest"))
            .index(
                Index::create()
                    .name("uq_recovery_codes_user_id_digest")
                    .unique()
                    .col("user_id")
                    .col("digest"),
            )
            .foreign_key(
                ForeignKey::create()
                    .name("fk_recovery_codes_user_id")
                    .from("recovery_codes", "user_id")
                    .to("users", "id"),
            )
            .take();
        make_table(manager, table).await
    }
}
