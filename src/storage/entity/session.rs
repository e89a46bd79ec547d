//! Sessions on the web pages: the digest, never the secret.

use sea_orm::entity::prelude::*;

use crate::storage::entity::hidden::HiddenBytes;
use crate::storage::entity::instant::Instant;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub user_id: i64,
    #[sea_orm(unique)]
    pub digest: HiddenBytes,
    pub state: State,
    pub device: String,
    pub address: Option<String>,
    pub created_at: Instant,
    pub last_seen_at: Instant,
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<crate::storage::entity::user::Entity>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))")]
pub enum State {
    #[sea_orm(string_value = "awaits_code")]
    AwaitsCode,
    #[sea_orm(string_value = "open")]
    Open,
}

impl ActiveModelBehavior for ActiveModel {}
