//! Repositories that were pulled from or pushed to.

use sea_orm::entity::prelude::*;

use crate::storage::entity::instant::Instant;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "repositories")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    #[sea_orm(unique)]
    pub name: String,
    pub root: String,
    pub namespace_id: i64,
    pub pushed: bool,
    pub created_at: Instant,
    pub last_used_at: Instant,
    pub last_pulled_at: Option<Instant>,
    pub last_pushed_at: Option<Instant>,
}

impl ActiveModelBehavior for ActiveModel {}
