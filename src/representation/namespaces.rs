//! Groups and projects in JSON.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::namespaces::{Namespace, NamespaceKind, NamespaceWithAncestors};
use crate::domain::usage::LastUse;
use crate::representation::absent::{AbsentInGroups, AbsentInProjects};
use crate::representation::instant;

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Group)]
pub struct GroupView {
    id: i64,
    /// The name that people read.
    name: String,
    /// The last part of the path.
    path: String,
    description: String,
    /// `private`, `internal` or `public`.
    visibility: &'static str,
    avatar_url: Option<String>,
    web_url: String,
    /// The names of all groups above it, and its own.
    full_name: String,
    full_path: String,
    /// The group that it lies in; null at the top.
    parent_id: Option<i64>,
    /// UTC with milliseconds, RFC 3339.
    #[schema(format = DateTime)]
    created_at: String,
    /// The lowest role that makes projects in it.
    project_creation_level: &'static str,
    /// The lowest role that makes groups in it.
    subgroup_creation_level: &'static str,
    request_access_enabled: bool,
    share_with_group_lock: bool,
    require_two_factor_authentication: bool,
    #[serde(flatten)]
    absent: AbsentInGroups,
    /// The groups that it is shared with; there are none.
    shared_with_groups: Vec<Value>,
    /// The first hundred projects in it that the caller may see; only where one group is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    projects: Option<Vec<ProjectView>>,
    /// The projects that are shared with it; there are none. Only where one group is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    shared_projects: Option<Vec<ProjectView>>,
}

/// A project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Project)]
pub struct ProjectView {
    id: i64,
    description: Option<String>,
    /// The name that people read.
    name: String,
    /// The names of all namespaces above it, and its own.
    name_with_namespace: String,
    /// The last part of the path.
    path: String,
    path_with_namespace: String,
    /// UTC with milliseconds, RFC 3339.
    #[schema(format = DateTime)]
    created_at: String,
    /// The time of its making, whatever was done since; `statistics` tell when its images were last pulled and pushed.
    #[schema(format = DateTime)]
    last_activity_at: String,
    default_branch: Option<String>,
    tag_list: Vec<String>,
    topics: Vec<String>,
    avatar_url: Option<String>,
    web_url: String,
    namespace: Option<NamespaceView>,
    /// `private`, `internal` or `public`.
    visibility: &'static str,
    archived: bool,
    container_registry_enabled: bool,
    container_registry_access_level: &'static str,
    request_access_enabled: bool,
    /// The groups that it is shared with; there are none.
    shared_with_groups: Vec<Value>,
    #[serde(flatten)]
    absent: AbsentInProjects,
    #[serde(rename = "_links")]
    links: LinksView,
    /// The last uses of its repositories; only where one project is shown to Reporters, with `statistics=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    statistics: Option<ProjectStatisticsView>,
}

/// The last uses of a project's repositories; ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ProjectStatistics)]
pub struct ProjectStatisticsView {
    /// The last time at which a token that pulls was granted; null for never.
    #[schema(format = DateTime)]
    last_pulled_at: Option<String>,
    /// The last time at which a token that pushes was granted; null for never.
    #[schema(format = DateTime)]
    last_pushed_at: Option<String>,
}

/// A group or a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum GroupOrProjectView {
    /// A group, or a user's own namespace.
    Group(Box<GroupView>),
    /// A project.
    Project(Box<ProjectView>),
}

/// A group or a user's own namespace; projects lie in either.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Namespace)]
pub struct NamespaceView {
    id: i64,
    name: String,
    path: String,
    /// `group` or `user`.
    kind: &'static str,
    full_path: String,
    parent_id: Option<i64>,
    avatar_url: Option<String>,
    web_url: String,
}

/// Addresses of more about a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ProjectLinks)]
pub struct LinksView {
    #[serde(rename = "self")]
    itself: String,
    members: String,
}

impl GroupOrProjectView {
    /// The group or project; `base` is the address of our pages.
    pub fn new(namespace: &NamespaceWithAncestors, base: &str) -> Self {
        match namespace.namespace.kind {
            NamespaceKind::Project => Self::Project(Box::new(ProjectView::new(namespace, base))),
            NamespaceKind::Group | NamespaceKind::User => {
                Self::Group(Box::new(GroupView::new(namespace, base)))
            }
        }
    }

    /// The same with the projects in it, if it is a group, for replies about it alone.
    #[must_use]
    pub fn with_projects(self, projects: &[NamespaceWithAncestors], base: &str) -> Self {
        match self {
            Self::Group(group) => {
                let projects = projects
                    .iter()
                    .map(|project| ProjectView::new(project, base));
                Self::Group(Box::new(group.with_projects(projects.collect())))
            }
            Self::Project(_) => self,
        }
    }
}

impl GroupView {
    /// The group; `base` is the address of our pages.
    pub fn new(group: &NamespaceWithAncestors, base: &str) -> Self {
        let namespace = &group.namespace;
        Self {
            id: namespace.id.0,
            name: namespace.name.clone(),
            path: namespace.path.name().to_owned(),
            // GitLab has no null here.
            description: namespace.description.clone().unwrap_or_default(),
            visibility: namespace.visibility.name(),
            avatar_url: None,
            web_url: web_url(namespace, base),
            full_name: full_name(group),
            full_path: namespace.path.to_string(),
            parent_id: namespace.parent.map(|parent| parent.0),
            created_at: instant(namespace.created_at),
            project_creation_level: "maintainer",
            subgroup_creation_level: "owner",
            request_access_enabled: false,
            share_with_group_lock: false,
            require_two_factor_authentication: false,
            absent: AbsentInGroups::HERE,
            shared_with_groups: Vec::new(),
            projects: None,
            shared_projects: None,
        }
    }

    /// The same with the projects in it, for replies about this group alone.
    #[must_use]
    pub fn with_projects(self, projects: Vec<ProjectView>) -> Self {
        Self {
            projects: Some(projects),
            shared_projects: Some(Vec::new()),
            ..self
        }
    }
}

impl ProjectView {
    /// The project; `base` is the address of our pages.
    pub fn new(project: &NamespaceWithAncestors, base: &str) -> Self {
        let namespace = &project.namespace;
        let itself = format!("{base}/api/v4/projects/{}", namespace.id);
        Self {
            id: namespace.id.0,
            description: namespace.description.clone(),
            name: namespace.name.clone(),
            name_with_namespace: full_name(project),
            path: namespace.path.name().to_owned(),
            path_with_namespace: namespace.path.to_string(),
            created_at: instant(namespace.created_at),
            // Left out, it would end Terraform's provider, which reads it of every project in `gitlab_projects`.
            last_activity_at: instant(namespace.created_at),
            statistics: None,
            default_branch: None,
            tag_list: Vec::new(),
            topics: Vec::new(),
            avatar_url: None,
            web_url: web_url(namespace, base),
            namespace: project
                .ancestors
                .first()
                .map(|parent| NamespaceView::new(parent, base)),
            visibility: namespace.visibility.name(),
            archived: false,
            container_registry_enabled: true,
            container_registry_access_level: "enabled",
            request_access_enabled: false,
            shared_with_groups: Vec::new(),
            absent: AbsentInProjects::HERE,
            links: LinksView {
                members: format!("{itself}/members"),
                itself,
            },
        }
    }
}

impl ProjectView {
    /// The same with the last uses of its repositories.
    #[must_use]
    pub fn with_statistics(self, last: LastUse) -> Self {
        Self {
            statistics: Some(ProjectStatisticsView {
                last_pulled_at: last.pulled_at.map(instant),
                last_pushed_at: last.pushed_at.map(instant),
            }),
            ..self
        }
    }
}

impl NamespaceView {
    /// The namespace; `base` is the address of our pages.
    pub fn new(namespace: &Namespace, base: &str) -> Self {
        Self {
            id: namespace.id.0,
            name: namespace.name.clone(),
            path: namespace.path.name().to_owned(),
            kind: match namespace.kind {
                NamespaceKind::User => "user",
                NamespaceKind::Group | NamespaceKind::Project => "group",
            },
            full_path: namespace.path.to_string(),
            parent_id: namespace.parent.map(|parent| parent.0),
            avatar_url: None,
            web_url: web_url(namespace, base),
        }
    }
}

/// `Team / Backend / App`, as GitLab writes it.
fn full_name(located: &NamespaceWithAncestors) -> String {
    let above = located.ancestors.iter().rev();
    let names = above.chain(std::iter::once(&located.namespace));
    names
        .map(|namespace| namespace.name.as_str())
        .collect::<Vec<_>>()
        .join(" / ")
}

fn web_url(namespace: &Namespace, base: &str) -> String {
    match namespace.kind {
        NamespaceKind::Group => format!("{base}/groups/{}", namespace.path),
        NamespaceKind::Project | NamespaceKind::User => format!("{base}/{}", namespace.path),
    }
}
