//! The signing keys that the services on this database have, and when each was last noted: all of them should have the same.

use sea_orm_migration::prelude::*;

use crate::helpers::{instant, make_table, short_text, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = table(manager, "live_keys")
            .col(short_text("kid").primary_key())
            .col(instant("noted_at"))
            .take();
        make_table(manager, table).await
    }
}
