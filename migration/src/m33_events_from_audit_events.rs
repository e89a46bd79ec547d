//! The rows of the first version's audit log become events. One that was copied is not copied again.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Standard SQL, the same on all databases. The actions of personal access tokens have got the name
/// that tells them from other tokens.
const COPY: &str = "\
    INSERT INTO events (change_number, created_at, actor, action, subject_name, sentence) \
    SELECT change_number, created_at, actor, \
        CASE action \
            WHEN 'token.created' THEN 'access_token.created' \
            WHEN 'token.changed' THEN 'access_token.changed' \
            WHEN 'token.rotated' THEN 'access_token.rotated' \
            WHEN 'token.revoked' THEN 'access_token.revoked' \
            WHEN 'token.reused' THEN 'access_token.reused' \
            ELSE action END, \
        target, detail \
    FROM audit_events \
    WHERE change_number NOT IN (SELECT change_number FROM events WHERE change_number IS NOT NULL) \
    ORDER BY id";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if !manager.has_table("audit_events").await? {
            return Ok(());
        }
        manager.get_connection().execute_unprepared(COPY).await?;
        Ok(())
    }
}
