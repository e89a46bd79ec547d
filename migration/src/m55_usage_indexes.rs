//! Indexes for usage of all, of a user, of a project, below a group and of a repository, each by day; and for the
//! repositories of a project, their last times, and what is old enough to be deleted.

use sea_orm_migration::prelude::*;

use crate::helpers::add_index_on;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, columns) in [
            ("usage_days", &["day", "id"][..]),
            ("usage_days", &["user_id", "day"]),
            ("usage_days", &["namespace_id", "day"]),
            ("usage_days", &["root", "day"]),
            ("usage_days", &["repository_id", "day"]),
            ("repositories", &["namespace_id", "pushed", "id"]),
            ("repositories", &["namespace_id", "last_pulled_at"]),
            ("repositories", &["namespace_id", "last_pushed_at"]),
            ("repositories", &["root"]),
            ("repositories", &["last_used_at"]),
        ] {
            add_index_on(manager, table, columns).await?;
        }
        Ok(())
    }
}
