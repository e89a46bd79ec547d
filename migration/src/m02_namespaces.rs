//! Groups, projects and users' own namespaces: one table, so that they share one name space.
//!
//! A deleted namespace stays as a tombstone: its row keeps the path and the time of its deletion.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema;

use crate::helpers::{id, instant, instant_or_null, make_table, short_text, table, word};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = table(manager, "namespaces")
            .col(id())
            .col(short_text("path").unique_key())
            .col(word("kind"))
            .col(word("visibility"))
            .col(schema::big_integer_null("parent_id"))
            .col(instant_or_null("deleted_at"))
            .col(instant("created_at"))
            .foreign_key(
                ForeignKey::create()
                    .name("fk_namespaces_parent_id")
                    .from("namespaces", "parent_id")
                    .to("namespaces", "id"),
            )
            .take();
        make_table(manager, table).await
    }
}
