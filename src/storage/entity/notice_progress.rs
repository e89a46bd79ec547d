//! The one row about how far notices have come.

use sea_orm::entity::prelude::*;

use crate::storage::entity::instant::Instant;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notice_progress")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    pub change_number: i64,
    pub event_id: i64,
    pub ends_looked_at: Instant,
}

impl ActiveModelBehavior for ActiveModel {}
