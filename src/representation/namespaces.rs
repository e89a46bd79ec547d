//! Groups and projects in JSON.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::namespaces::{Located, Namespace, NamespaceKind};
use crate::representation::instant;

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Group)]
pub struct GroupView {
    id: i64,
    /// The name people read.
    name: String,
    /// The last part of the path.
    path: String,
    description: String,
    /// `private`, `internal` or `public`.
    visibility: &'static str,
    avatar_url: Option<String>,
    web_url: String,
    /// The names of the groups that it lies in and its own.
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
}

/// A project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Project)]
pub struct ProjectView {
    id: i64,
    description: Option<String>,
    /// The name people read.
    name: String,
    /// The names of what it lies in and its own.
    name_with_namespace: String,
    /// The last part of the path.
    path: String,
    path_with_namespace: String,
    /// UTC with milliseconds, RFC 3339.
    #[schema(format = DateTime)]
    created_at: String,
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
    shared_with_groups: Vec<String>,
    #[serde(rename = "_links")]
    links: LinksView,
}

/// A group or a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum PlaceView {
    /// A group, or a user's own namespace.
    Group(Box<GroupView>),
    /// A project.
    Project(Box<ProjectView>),
}

/// What a project lies in.
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

/// Where more is to be had of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ProjectLinks)]
pub struct LinksView {
    #[serde(rename = "self")]
    itself: String,
    members: String,
}

impl PlaceView {
    /// The group or project; `base` is the address of our pages.
    pub fn new(place: &Located, base: &str) -> Self {
        match place.place.kind {
            NamespaceKind::Project => Self::Project(Box::new(ProjectView::new(place, base))),
            NamespaceKind::Group | NamespaceKind::User => {
                Self::Group(Box::new(GroupView::new(place, base)))
            }
        }
    }
}

impl GroupView {
    /// The group; `base` is the address of our pages.
    pub fn new(group: &Located, base: &str) -> Self {
        let place = &group.place;
        Self {
            id: place.id.0,
            name: place.name.clone(),
            path: place.path.name().to_owned(),
            // GitLab has no null here.
            description: place.description.clone().unwrap_or_default(),
            visibility: place.visibility.name(),
            avatar_url: None,
            web_url: web_url(place, base),
            full_name: full_name(group),
            full_path: place.path.to_string(),
            parent_id: place.parent.map(|parent| parent.0),
            created_at: instant(place.created_at),
            project_creation_level: "maintainer",
            subgroup_creation_level: "owner",
            request_access_enabled: false,
            share_with_group_lock: false,
            require_two_factor_authentication: false,
        }
    }
}

impl ProjectView {
    /// The project; `base` is the address of our pages.
    pub fn new(project: &Located, base: &str) -> Self {
        let place = &project.place;
        let itself = format!("{base}/api/v4/projects/{}", place.id);
        Self {
            id: place.id.0,
            description: place.description.clone(),
            name: place.name.clone(),
            name_with_namespace: full_name(project),
            path: place.path.name().to_owned(),
            path_with_namespace: place.path.to_string(),
            created_at: instant(place.created_at),
            last_activity_at: instant(place.created_at),
            default_branch: None,
            tag_list: Vec::new(),
            topics: Vec::new(),
            avatar_url: None,
            web_url: web_url(place, base),
            namespace: project
                .above
                .first()
                .map(|parent| NamespaceView::new(parent, base)),
            visibility: place.visibility.name(),
            archived: false,
            container_registry_enabled: true,
            container_registry_access_level: "enabled",
            request_access_enabled: false,
            shared_with_groups: Vec::new(),
            links: LinksView {
                members: format!("{itself}/members"),
                itself,
            },
        }
    }
}

impl NamespaceView {
    fn new(place: &Namespace, base: &str) -> Self {
        Self {
            id: place.id.0,
            name: place.name.clone(),
            path: place.path.name().to_owned(),
            kind: match place.kind {
                NamespaceKind::User => "user",
                NamespaceKind::Group | NamespaceKind::Project => "group",
            },
            full_path: place.path.to_string(),
            parent_id: place.parent.map(|parent| parent.0),
            avatar_url: None,
            web_url: web_url(place, base),
        }
    }
}

/// `Team / Backend / App`, as GitLab writes it.
fn full_name(located: &Located) -> String {
    let above = located.above.iter().rev();
    let names = above.chain(std::iter::once(&located.place));
    names
        .map(|place| place.name.as_str())
        .collect::<Vec<_>>()
        .join(" / ")
}

fn web_url(place: &Namespace, base: &str) -> String {
    match place.kind {
        NamespaceKind::Group => format!("{base}/groups/{}", place.path),
        NamespaceKind::Project | NamespaceKind::User => format!("{base}/{}", place.path),
    }
}
