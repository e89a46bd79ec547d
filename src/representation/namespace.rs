//! Groups and projects in JSON.

use serde::Serialize;

use super::instant;
use crate::domain::ids::NamespaceId;
use crate::domain::namespace::Namespace;

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupView {
    id: NamespaceId,
    name: String,
    path: String,
    full_path: String,
    visibility: &'static str,
    created_at: String,
}

impl From<&Namespace> for GroupView {
    fn from(group: &Namespace) -> Self {
        Self {
            id: group.id,
            name: group.path.name().to_owned(),
            path: group.path.name().to_owned(),
            full_path: group.path.to_string(),
            visibility: group.visibility.name(),
            created_at: instant(group.created_at),
        }
    }
}

/// A project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProjectView {
    id: NamespaceId,
    name: String,
    path: String,
    path_with_namespace: String,
    visibility: &'static str,
    created_at: String,
}

impl From<&Namespace> for ProjectView {
    fn from(project: &Namespace) -> Self {
        Self {
            id: project.id,
            name: project.path.name().to_owned(),
            path: project.path.name().to_owned(),
            path_with_namespace: project.path.to_string(),
            visibility: project.visibility.name(),
            created_at: instant(project.created_at),
        }
    }
}
