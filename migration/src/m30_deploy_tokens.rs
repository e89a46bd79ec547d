//! Deploy tokens of groups and projects: the digest, never the secret.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema;

use crate::helpers::{digest, id, instant, instant_or_null, make_table, short_text, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = table(manager, "deploy_tokens")
            .col(id())
            .col(schema::big_integer("namespace_id"))
            .col(short_text("name"))
            .col(short_text("username"))
            .col(digest("digest").unique_key())
            .col(schema::text("scopes"))
            .col(instant_or_null("expires_at"))
            .col(instant_or_null("revoked_at"))
            .col(instant("created_at"))
            .foreign_key(
                ForeignKey::create()
                    .name("fk_deploy_tokens_namespace_id")
                    .from("deploy_tokens", "namespace_id")
                    .to("namespaces", "id"),
            )
            .take();
        make_table(manager, table).await
    }
}
