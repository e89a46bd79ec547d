//! The user, group or project that an event belongs to, with its path and the first part of that: the group at the top
//! or the user, among whose events those of a group below are.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema;

use crate::helpers::{add_column, short_text_or_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [
            schema::string_len_null("entity_kind", 32),
            schema::big_integer_null("entity_id"),
            short_text_or_null("entity_path"),
            short_text_or_null("entity_root"),
        ] {
            add_column(manager, "events", column).await?;
        }
        Ok(())
    }
}
