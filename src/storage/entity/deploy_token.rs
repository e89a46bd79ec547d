//! Deploy tokens: the digest, never the secret.

use sea_orm::entity::prelude::*;

use crate::storage::entity::hidden::HiddenBytes;
use crate::storage::entity::instant::Instant;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deploy_tokens")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub namespace_id: i64,
    pub name: String,
    pub username: String,
    #[sea_orm(unique)]
    pub digest: HiddenBytes,
    #[sea_orm(column_type = "Text")]
    pub scopes: String,
    pub expires_at: Option<Instant>,
    pub revoked_at: Option<Instant>,
    pub created_at: Instant,
    #[sea_orm(belongs_to, from = "namespace_id", to = "id")]
    pub namespace: BelongsTo<crate::storage::entity::namespace::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
