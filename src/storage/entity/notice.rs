//! Notices: an outbox, with a row for each channel.

use sea_orm::entity::prelude::*;

use crate::storage::entity::instant::Instant;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notices")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    #[sea_orm(unique)]
    pub cause: String,
    pub message_id: String,
    pub kind: String,
    pub channel: String,
    pub token_id: i64,
    pub user_id: Option<i64>,
    #[sea_orm(column_type = "Text")]
    pub content: String,
    pub state: String,
    pub attempts: i32,
    pub last_error: Option<String>,
    pub created_at: Instant,
    pub next_attempt_at: Option<Instant>,
    pub finished_at: Option<Instant>,
}

impl ActiveModelBehavior for ActiveModel {}
