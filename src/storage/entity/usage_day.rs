//! The grants and refusals of a credential on a day, by repository.

use sea_orm::entity::prelude::*;

use crate::storage::entity::instant::Instant;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "usage_days")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub day: Instant,
    pub credential: String,
    pub credential_id: i64,
    pub user_id: Option<i64>,
    pub repository_id: i64,
    pub namespace_id: i64,
    pub root: String,
    pub pulls: i64,
    pub pushes: i64,
    pub deletes: i64,
    pub refused_hidden: i64,
    pub refused_login_needed: i64,
    pub refused_role_too_low: i64,
    pub refused_scope_missing: i64,
    pub refused_outside: i64,
    pub refused_not_allowed: i64,
}

impl ActiveModelBehavior for ActiveModel {}
