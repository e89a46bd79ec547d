//! Lists of events, newest first: of all, of a user, group or project, below a group, by author, and by action. The first
//! index finds what is old enough to be deleted, too.

use sea_orm_migration::prelude::*;

use crate::helpers::add_index_on;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for columns in [
            &["created_at", "id"][..],
            &["entity_kind", "entity_id", "created_at", "id"],
            &["entity_root", "created_at", "id"],
            &["actor_id", "created_at", "id"],
            &["actor", "created_at", "id"],
            &["action", "created_at", "id"],
        ] {
            add_index_on(manager, "events", columns).await?;
        }
        Ok(())
    }
}
