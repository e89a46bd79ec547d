//! The kind of an event has up to 63 letters: 32, which the first programs gave it, are too few for some. SQLite bounds none.
//!
//! The table of events is made so in new databases already, because a restoration writes rows before it comes to this.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::helpers::long_word;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Sqlite {
            return Ok(());
        }
        let mut alter = Table::alter().table("events").take();
        manager
            .alter_table(alter.modify_column(long_word("action")).take())
            .await
    }
}
