//! Groups, projects and users' own namespaces, and the tombstones of deleted ones.

use sea_orm::entity::prelude::*;

use crate::domain::text::folded;
use crate::storage::entity::instant::Instant;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "namespaces")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    #[sea_orm(unique)]
    pub path: String,
    pub kind: Kind,
    pub visibility: Visibility,
    pub parent_id: Option<i64>,
    pub name: Option<String>,
    pub description: Option<String>,
    pub deleted_at: Option<Instant>,
    pub created_at: Instant,
    #[sea_orm(column_type = "Text", nullable)]
    pub folded: Option<String>,
    #[sea_orm(has_many)]
    pub members: HasMany<crate::storage::entity::member::Entity>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))")]
pub enum Kind {
    #[sea_orm(string_value = "group")]
    Group,
    #[sea_orm(string_value = "project")]
    Project,
    #[sea_orm(string_value = "user")]
    User,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))")]
pub enum Visibility {
    #[sea_orm(string_value = "private")]
    Private,
    #[sea_orm(string_value = "internal")]
    Internal,
    #[sea_orm(string_value = "public")]
    Public,
}

impl ActiveModelBehavior for ActiveModel {}

/// The name and the path as searches compare them, each on its line.
pub fn folded_texts(name: &str, path: &str) -> String {
    folded(&[name, path].join("\n"))
}
