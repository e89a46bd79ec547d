//! People and machines that sign in.

#![expect(
    clippy::struct_excessive_bools,
    reason = "the columns are about different things"
)]

use sea_orm::entity::prelude::*;

use crate::domain::text::folded;
use crate::storage::entity::hidden::HiddenText;
use crate::storage::entity::instant::Instant;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    #[sea_orm(unique)]
    pub username: String,
    pub name: String,
    #[sea_orm(unique)]
    pub email: Option<String>,
    pub password_hash: Option<HiddenText>,
    pub password_is_temporary: bool,
    pub admin: bool,
    pub external: bool,
    pub state: State,
    pub created_at: Instant,
    #[sea_orm(column_type = "Text", nullable)]
    pub folded: Option<String>,
    pub two_factor: bool,
    #[sea_orm(has_many)]
    pub tokens: HasMany<crate::storage::entity::access_token::Entity>,
    #[sea_orm(has_many)]
    pub memberships: HasMany<crate::storage::entity::member::Entity>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))")]
pub enum State {
    #[sea_orm(string_value = "active")]
    Active,
    #[sea_orm(string_value = "blocked")]
    Blocked,
}

impl ActiveModelBehavior for ActiveModel {}

/// The name, the user name and the address as searches compare them, each on its line; the address is the last, and
/// its line is there without one too.
pub fn folded_texts(name: &str, username: &str, email: Option<&str>) -> String {
    folded(&[name, username, email.unwrap_or_default()].join("\n"))
}
