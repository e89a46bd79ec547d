//! Events: the rows of the audit log.

use sea_orm::entity::prelude::*;

use crate::storage::entity::instant::Instant;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub change_number: Option<i64>,
    pub created_at: Instant,
    pub actor: String,
    pub actor_id: Option<i64>,
    pub action: String,
    pub subject_kind: Option<String>,
    pub subject_id: Option<i64>,
    pub subject_name: String,
    pub entity_kind: Option<String>,
    pub entity_id: Option<i64>,
    pub entity_path: Option<String>,
    pub entity_root: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub sentence: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub detail: Option<String>,
    pub face: Option<String>,
    pub address: Option<String>,
    pub request_id: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
