//! Indexes that lead past the tokens that ended or were revoked, which nobody deletes: to those of an owner that work, to the newest,
//! to those that were made with another, and to those that end soon, which are counted in the index alone. On PostgreSQL also one for
//! repositories whose names begin in some way.

use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

use crate::helpers::{add_index_named, add_index_on, add_pattern_index};

const ACCESS: &str = "personal_access_tokens";
const DEPLOY: &str = "deploy_tokens";

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let ix = |table, what| format!("ix_{table}_{what}");
        let working = ["user_id", "revoked_at", "grace_until", "expires_at"];
        add_index_named(manager, &ix(ACCESS, "working"), ACCESS, &working).await?;
        let working = ["namespace_id", "revoked_at", "expires_at"];
        add_index_named(manager, &ix(DEPLOY, "working"), DEPLOY, &working).await?;
        add_index_on(manager, ACCESS, &["maker_id", "revoked_at"]).await?;
        let ending = ["expires_at", "id", "revoked_at", "grace_until"];
        add_index_named(manager, &ix(ACCESS, "ending"), ACCESS, &ending).await?;
        let ending = ["expires_at", "id", "revoked_at"];
        add_index_named(manager, &ix(DEPLOY, "ending"), DEPLOY, &ending).await?;
        // Elsewhere the id is the end of every index. Here, it would rather look through all tokens in the order of their ids.
        if manager.get_database_backend() == DbBackend::Postgres {
            for (table, owner) in [(ACCESS, "user_id"), (DEPLOY, "namespace_id")] {
                add_index_on(manager, table, &[owner, "id"]).await?;
            }
        }
        add_pattern_index(manager, "repositories", "name").await
    }
}
