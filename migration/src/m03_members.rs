//! Users' roles in groups and projects.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema;

use crate::helpers::{id, instant, instant_or_null, make_table, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = table(manager, "members")
            .col(id())
            .col(schema::big_integer("namespace_id"))
            .col(schema::big_integer("user_id"))
            .col(schema::integer("access_level"))
            .col(instant_or_null("expires_at"))
            .col(instant("created_at"))
            .index(
                Index::create()
                    .name("uq_members_namespace_id_user_id")
                    .unique()
                    .col("namespace_id")
                    .col("user_id"),
            )
            .foreign_key(
                ForeignKey::create()
                    .name("fk_members_namespace_id")
                    .from("members", "namespace_id")
                    .to("namespaces", "id"),
            )
            .foreign_key(
                ForeignKey::create()
                    .name("fk_members_user_id")
                    .from("members", "user_id")
                    .to("users", "id"),
            )
            .take();
        make_table(manager, table).await
    }
}
