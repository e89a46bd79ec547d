//! Repositories of a project in JSON, as GitLab has them.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::namespaces::path::NamespacePath;
use crate::domain::usage::UsedRepository;
use crate::representation::instant;

/// A repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Repository)]
pub struct RepositoryView {
    id: i64,
    /// The part of the path below the project; empty for the project's own.
    name: String,
    /// The name in the registry.
    path: String,
    project_id: Option<i64>,
    /// The time of the first grant.
    #[schema(format = DateTime)]
    created_at: String,
    /// The last time at which a token that pulls was granted; ours.
    #[schema(format = DateTime)]
    last_pulled_at: Option<String>,
    /// The last time at which a token that pushes was granted; ours.
    #[schema(format = DateTime)]
    last_pushed_at: Option<String>,
}

impl RepositoryView {
    /// The repository of the project with that path.
    pub fn new(repository: &UsedRepository, project: &NamespacePath) -> Self {
        let path = repository.name.as_str();
        let below = path
            .strip_prefix(project.as_str())
            .map(|rest| rest.trim_start_matches('/'));
        Self {
            id: repository.id.0,
            name: below.unwrap_or(path).to_owned(),
            path: path.to_owned(),
            project_id: repository.namespace.map(|id| id.0),
            created_at: instant(repository.created_at),
            last_pulled_at: repository.last.pulled_at.map(instant),
            last_pushed_at: repository.last.pushed_at.map(instant),
        }
    }
}
