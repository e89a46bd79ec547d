//! Second factors: the secret is encrypted.

use sea_orm::entity::prelude::*;

use crate::storage::entity::hidden::HiddenBytes;
use crate::storage::entity::instant::Instant;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "two_factors")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: i64,
    pub secret: HiddenBytes,
    pub last_step: i64,
    pub created_at: Instant,
    pub confirmed_at: Option<Instant>,
}

impl ActiveModelBehavior for ActiveModel {}
