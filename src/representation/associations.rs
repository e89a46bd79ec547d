//! The groups and projects in which a token's owner has a role, in JSON.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::members::access_level::AccessLevel;
use crate::domain::members::association::{Association, Associations};

/// The groups and projects in which the owner of a token has a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Associations)]
pub struct AssociationsView {
    groups: Vec<AssociatedGroupView>,
    projects: Vec<AssociatedProjectView>,
}

/// A group in which the owner has a role, given there or above it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AssociatedGroup)]
pub struct AssociatedGroupView {
    id: i64,
    name: String,
    path: String,
    full_path: String,
    /// `private`, `internal` or `public`.
    visibility: &'static str,
    web_url: String,
    /// The role's number.
    access_levels: i32,
}

/// A project in which the owner has a role, given there or above it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AssociatedProject)]
pub struct AssociatedProjectView {
    id: i64,
    name: String,
    path: String,
    path_with_namespace: String,
    /// `private`, `internal` or `public`.
    visibility: &'static str,
    web_url: String,
    access_levels: AccessLevelsView,
}

/// The numbers of the roles that were given in the project itself and above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AccessLevels)]
pub struct AccessLevelsView {
    project_access_level: Option<i32>,
    group_access_level: Option<i32>,
}

impl AssociationsView {
    /// A page of groups and one of projects; `base` is the address of our pages.
    pub fn new(associations: &Associations, base: &str) -> Self {
        let group = |found: &Association| AssociatedGroupView::new(found, base);
        let project = |found: &Association| AssociatedProjectView::new(found, base);
        Self {
            groups: associations.groups.iter().map(group).collect(),
            projects: associations.projects.iter().map(project).collect(),
        }
    }
}

impl AssociatedGroupView {
    fn new(found: &Association, base: &str) -> Self {
        let namespace = &found.namespace;
        Self {
            id: namespace.id.0,
            name: namespace.name.clone(),
            path: namespace.path.name().to_owned(),
            full_path: namespace.path.to_string(),
            visibility: namespace.visibility.name(),
            web_url: format!("{base}/groups/{}", namespace.path),
            access_levels: found.level().number(),
        }
    }
}

impl AssociatedProjectView {
    fn new(found: &Association, base: &str) -> Self {
        let namespace = &found.namespace;
        Self {
            id: namespace.id.0,
            name: namespace.name.clone(),
            path: namespace.path.name().to_owned(),
            path_with_namespace: namespace.path.to_string(),
            visibility: namespace.visibility.name(),
            web_url: format!("{base}/{}", namespace.path),
            access_levels: AccessLevelsView {
                project_access_level: found.direct.map(AccessLevel::number),
                group_access_level: found.inherited.map(AccessLevel::number),
            },
        }
    }
}
