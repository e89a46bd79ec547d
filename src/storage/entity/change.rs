//! Numbered changes.

use sea_orm::entity::prelude::*;

use crate::storage::entity::instant::Instant;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "changes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    pub created_at: Instant,
    #[sea_orm(column_type = "Text", nullable)]
    pub subjects: Option<String>,
    pub nanoseconds: Option<i32>,
}

impl ActiveModelBehavior for ActiveModel {}
