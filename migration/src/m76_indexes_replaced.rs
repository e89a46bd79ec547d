//! The indexes in whose place those of the migration before are. They go apart, because nobody reads a table of PostgreSQL while one of its
//! indexes goes, and others take long to be made.

use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

use crate::helpers::drop_index;

const ACCESS: &str = "personal_access_tokens";
const DEPLOY: &str = "deploy_tokens";

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut replaced = vec![
            (ACCESS, "maker_id"),
            (ACCESS, "expires_at_id"),
            (DEPLOY, "expires_at_id"),
        ];
        if manager.get_database_backend() == DbBackend::Postgres {
            replaced.extend([(ACCESS, "user_id"), (DEPLOY, "namespace_id")]);
        }
        for (table, columns) in replaced {
            drop_index(manager, &format!("ix_{table}_{columns}"), table).await?;
        }
        Ok(())
    }
}
