//! The things whose names have a pair of letters, by blocks of ids.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "letter_pairs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub letters: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub block: i64,
    pub bits: i64,
}

impl ActiveModelBehavior for ActiveModel {}
