//! Refresh tokens: the digest, never the secret.

use sea_orm::entity::prelude::*;

use crate::storage::entity::hidden::HiddenBytes;
use crate::storage::entity::instant::Instant;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_tokens")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub user_id: i64,
    pub service: String,
    pub client_id: Option<String>,
    #[sea_orm(unique)]
    pub digest: HiddenBytes,
    pub created_at: Instant,
    pub last_used_at: Instant,
    pub revoked_at: Option<Instant>,
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<crate::storage::entity::user::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
