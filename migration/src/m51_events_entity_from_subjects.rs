//! The events that are there get what they belong to, as far as that is known still.

use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Standard SQL, the same on all databases. Groups and projects keep their rows when they are deleted; of a token that
/// is gone nobody knows the owner.
const FILLS: [&str; 5] = [
    "UPDATE events SET entity_kind = 'user', entity_id = subject_id, entity_path = subject_name \
     WHERE entity_kind IS NULL AND subject_kind = 'user'",
    "UPDATE events SET entity_id = subject_id, entity_path = subject_name, \
        entity_kind = (SELECT kind FROM namespaces WHERE namespaces.id = events.subject_id) \
     WHERE entity_kind IS NULL AND subject_kind IN ('namespace', 'member') AND subject_id IN \
        (SELECT id FROM namespaces WHERE kind IN ('group', 'project'))",
    "UPDATE events SET entity_kind = 'user', entity_id = \
        (SELECT user_id FROM personal_access_tokens WHERE personal_access_tokens.id = events.subject_id) \
     WHERE entity_kind IS NULL AND subject_kind = 'access_token' AND subject_id IN \
        (SELECT id FROM personal_access_tokens)",
    "UPDATE events SET entity_kind = 'user', entity_id = \
        (SELECT user_id FROM refresh_tokens WHERE refresh_tokens.id = events.subject_id) \
     WHERE entity_kind IS NULL AND subject_kind = 'refresh_token' AND subject_id IN \
        (SELECT id FROM refresh_tokens)",
    "UPDATE events SET \
        entity_id = (SELECT namespace_id FROM deploy_tokens WHERE deploy_tokens.id = events.subject_id), \
        entity_path = (SELECT path FROM namespaces JOIN deploy_tokens ON namespaces.id = namespace_id \
            WHERE deploy_tokens.id = events.subject_id), \
        entity_kind = (SELECT kind FROM namespaces JOIN deploy_tokens ON namespaces.id = namespace_id \
            WHERE deploy_tokens.id = events.subject_id) \
     WHERE entity_kind IS NULL AND subject_kind = 'deploy_token' AND subject_id IN \
        (SELECT id FROM deploy_tokens)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for fill in FILLS {
            connection.execute_unprepared(fill).await?;
        }
        let first_part = match manager.get_database_backend() {
            DbBackend::Postgres => "split_part(entity_path, '/', 1)",
            DbBackend::Sqlite => "substr(entity_path, 1, instr(entity_path || '/', '/') - 1)",
            _ => "SUBSTRING_INDEX(entity_path, '/', 1)",
        };
        let roots = format!(
            "UPDATE events SET entity_root = {first_part} \
             WHERE entity_root IS NULL AND entity_path IS NOT NULL"
        );
        connection.execute_unprepared(&roots).await?;
        Ok(())
    }
}
