//! Personal access tokens: the digest, never the secret.

use sea_orm::entity::prelude::*;

use crate::storage::entity::hidden::HiddenBytes;
use crate::storage::entity::instant::Instant;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "personal_access_tokens")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub user_id: i64,
    pub name: String,
    pub description: Option<String>,
    #[sea_orm(unique)]
    pub digest: HiddenBytes,
    #[sea_orm(column_type = "Text")]
    pub scopes: String,
    #[sea_orm(column_type = "Text")]
    pub repositories: String,
    pub expires_at: Option<Instant>,
    pub revoked_at: Option<Instant>,
    pub last_used_at: Option<Instant>,
    pub created_at: Instant,
    pub family_id: Option<i64>,
    pub previous_id: Option<i64>,
    pub maker_id: Option<i64>,
    pub grace_until: Option<Instant>,
    #[sea_orm(column_type = "Text", nullable)]
    pub last_used_from: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub folded: Option<String>,
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<crate::storage::entity::user::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
