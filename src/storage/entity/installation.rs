//! The one row about this installation.

use sea_orm::entity::prelude::*;

use crate::storage::entity::instant::Instant;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "installation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    pub keys_seen_at: Instant,
}

impl ActiveModelBehavior for ActiveModel {}
