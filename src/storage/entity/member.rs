//! Users' roles in groups and projects.

use sea_orm::entity::prelude::*;

use crate::storage::entity::instant::Instant;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "members")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub namespace_id: i64,
    pub user_id: i64,
    pub access_level: i32,
    pub expires_at: Option<Instant>,
    pub created_at: Instant,
    pub created_by_id: Option<i64>,
    #[sea_orm(belongs_to, from = "namespace_id", to = "id")]
    pub namespace: BelongsTo<crate::storage::entity::namespace::Entity>,
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<crate::storage::entity::user::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
