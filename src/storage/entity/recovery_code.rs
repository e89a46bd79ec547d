//! Recovery codes that were not used yet: the digest, never the code.

use sea_orm::entity::prelude::*;

use crate::storage::entity::hidden::HiddenBytes;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recovery_codes")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub user_id: i64,
    pub digest: HiddenBytes,
}

impl ActiveModelBehavior for ActiveModel {}
