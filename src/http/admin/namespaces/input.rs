//! The inputs that make and change groups and projects.

use utoipa::{IntoParams, ToSchema};

use crate::app::namespaces::{NamespaceChange, NewNamespace, NewPath};
use crate::domain::ids::NamespaceId;
use crate::domain::namespaces::NamespaceDescription;
use crate::domain::namespaces::path::part_for;
use crate::domain::namespaces::reference::{ExpectedNamespace, NamespaceReference};
use crate::domain::namespaces::visibility::Visibility;
use crate::domain::text::DisplayName;
use crate::http::admin::error::ApiError;
use crate::http::admin::parameters::Parameters;
use crate::http::admin::words::VisibilityName;

/// The extent to which a group is shown.
#[derive(Debug, Clone, Copy, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ShowGroup {
    /// False to leave out its projects.
    pub(super) with_projects: Option<bool>,
}

impl ShowGroup {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        Ok(Self {
            with_projects: parameters.boolean("with_projects")?,
        })
    }
}

/// The extent to which a project is shown.
#[derive(Debug, Clone, Copy, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ShowProject {
    /// True to add when its repositories were last pulled and pushed; for Reporters.
    pub(super) statistics: Option<bool>,
}

impl ShowProject {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        Ok(Self {
            statistics: parameters.boolean("statistics")?,
        })
    }
}

/// The group in which a path is wanted.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct WantedPath {
    /// The id of the group; at the top, if it is left out.
    #[param(value_type = Option<i64>)]
    pub(super) parent_id: Option<NamespaceReference>,
}

impl WantedPath {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        let id = parameters.integer("parent_id")?.map(NamespaceId);
        let group = |id| NamespaceReference::of_id(ExpectedNamespace::Parent, id);
        Ok(Self {
            parent_id: id.map(group),
        })
    }
}

/// A group that is to be made; other fields have no effect.
#[derive(Debug, ToSchema)]
#[schema(example = json!({ "name": "Team", "path": "team", "visibility": "private" }))]
pub(super) struct CreateGroup {
    /// The last part of the path.
    #[schema(min_length = 1, max_length = 255)]
    path: String,
    /// The name that people read; the path, if it is left out.
    #[schema(value_type = Option<String>, max_length = 255)]
    name: Option<DisplayName>,
    #[schema(value_type = Option<String>, max_length = 2000)]
    description: Option<NamespaceDescription>,
    #[schema(value_type = Option<VisibilityName>)]
    visibility: Option<Visibility>,
    /// The group to put it in; at the top, if it is left out.
    #[schema(value_type = Option<i64>)]
    #[expect(dead_code, reason = "it is looked at before the rest")]
    parent_id: Option<NamespaceReference>,
}

impl CreateGroup {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        parameters.require(&["path"])?;
        Ok(Self {
            path: last_part(parameters)?,
            name: display_name(parameters.filled("name")?)?,
            description: description(parameters, "description")?,
            visibility: visibility(parameters)?,
            parent_id: Self::read_parent(parameters)?,
        })
    }

    /// The group to put it in, which is looked at before the rest.
    pub(super) fn read_parent(
        parameters: &Parameters,
    ) -> Result<Option<NamespaceReference>, ApiError> {
        let id = parameters.integer("parent_id")?.map(NamespaceId);
        Ok(id.map(|id| NamespaceReference::of_id(ExpectedNamespace::Group, id)))
    }

    /// The group in `parent`, or at the top.
    pub(super) fn within(self, parent: Option<NamespaceReference>) -> NewNamespace {
        NewNamespace {
            path: match parent {
                Some(parent) => NewPath::In(parent, self.path),
                None => NewPath::Top(self.path),
            },
            name: self.name,
            description: self.description,
            visibility: self.visibility.unwrap_or_default(),
        }
    }
}

/// A project that is to be made; `name` or `path` is needed, other fields have no effect.
#[derive(Debug, ToSchema)]
#[schema(example = json!({ "name": "App", "path": "app" }))]
pub(super) struct CreateProject {
    /// The name that people read; the path, if it is left out.
    #[schema(value_type = Option<String>, max_length = 255)]
    name: Option<DisplayName>,
    /// The last part of the path; made of the name, if it is left out.
    #[schema(value_type = Option<String>, max_length = 255)]
    path: String,
    /// The group or user's namespace to put it in; the caller's own, if it is left out.
    #[schema(value_type = Option<i64>)]
    #[expect(dead_code, reason = "it is looked at before the rest")]
    namespace_id: Option<NamespaceReference>,
    #[schema(value_type = Option<String>, max_length = 2000)]
    description: Option<NamespaceDescription>,
    #[schema(value_type = Option<VisibilityName>)]
    visibility: Option<Visibility>,
    /// `enabled`, which is so anyway: images are as visible as their project.
    #[schema(value_type = Option<String>)]
    #[expect(dead_code, reason = "nothing else is accepted")]
    container_registry_access_level: Option<bool>,
    /// `true`, which is so anyway: images are as visible as their project.
    #[expect(dead_code, reason = "nothing else is accepted")]
    container_registry_enabled: Option<bool>,
}

impl CreateProject {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        Ok(Self {
            container_registry_access_level: registry_access_level(parameters)?,
            container_registry_enabled: registry_enabled(parameters)?,
            name: display_name(parameters.filled("name")?)?,
            path: last_part(parameters)?,
            namespace_id: Self::read_parent(parameters)?,
            description: description(parameters, "description")?,
            visibility: visibility(parameters)?,
        })
    }

    /// The namespace to put it in, which is looked at before the rest.
    pub(super) fn read_parent(
        parameters: &Parameters,
    ) -> Result<Option<NamespaceReference>, ApiError> {
        if !parameters.has("name") && !parameters.has("path") {
            return Err(ApiError::parameter(
                "name, path are missing, at least one parameter must be provided",
            ));
        }
        let id = parameters.integer("namespace_id")?.map(NamespaceId);
        Ok(id.map(|id| NamespaceReference::of_id(ExpectedNamespace::Parent, id)))
    }

    /// The project in `parent`.
    pub(super) fn within(self, parent: NamespaceReference) -> NewNamespace {
        NewNamespace {
            path: NewPath::In(parent, self.path),
            name: self.name,
            description: self.description,
            visibility: self.visibility.unwrap_or_default(),
        }
    }
}

/// A change of a group or project; fields that are left out stay as they are, others have no effect.
#[derive(Debug, ToSchema)]
#[schema(example = json!({ "name": "The team", "description": "What it is for" }))]
#[expect(clippy::option_option, reason = "left out and null are two things")]
pub(super) struct ChangeNamespace {
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255)]
    name: Option<DisplayName>,
    /// The description; empty for none.
    #[schema(value_type = Option<String>, max_length = 2000)]
    description: Option<Option<NamespaceDescription>>,
    #[schema(value_type = Option<VisibilityName>)]
    visibility: Option<Visibility>,
    /// The present path; it cannot be changed.
    path: Option<String>,
    /// `enabled`, which is so anyway: images are as visible as their project.
    #[schema(value_type = Option<String>)]
    #[expect(dead_code, reason = "nothing else is accepted")]
    container_registry_access_level: Option<bool>,
    /// `true`, which is so anyway: images are as visible as their project.
    #[expect(dead_code, reason = "nothing else is accepted")]
    container_registry_enabled: Option<bool>,
}

impl ChangeNamespace {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        Ok(Self {
            name: display_name(parameters.text("name")?)?,
            description: parameters.if_given("description", description)?,
            visibility: visibility(parameters)?,
            path: parameters.text("path")?,
            container_registry_access_level: registry_access_level(parameters)?,
            container_registry_enabled: registry_enabled(parameters)?,
        })
    }
}

impl From<ChangeNamespace> for NamespaceChange {
    fn from(wanted: ChangeNamespace) -> Self {
        Self {
            path: wanted.path,
            name: wanted.name,
            description: wanted.description,
            visibility: wanted.visibility,
        }
    }
}

fn display_name(text: Option<String>) -> Result<Option<DisplayName>, ApiError> {
    text.map(|text| DisplayName::try_from(text.as_str()))
        .transpose()
        .map_err(|error| ApiError::Invalid("name", error.problem().to_owned()))
}

fn description(
    parameters: &Parameters,
    name: &str,
) -> Result<Option<NamespaceDescription>, ApiError> {
    let text = parameters.text(name)?.unwrap_or_default();
    NamespaceDescription::read(&text).map_err(|error| {
        let most = error.longest;
        let problem = format!("is too long (maximum is {most} characters)");
        ApiError::Invalid("description", problem)
    })
}

fn visibility(parameters: &Parameters) -> Result<Option<Visibility>, ApiError> {
    parameters.word("visibility", |text| text.parse().ok())
}

/// Refuses what would close the images alone: whoever asks for it must not believe that they are closed.
fn registry_access_level(parameters: &Parameters) -> Result<Option<bool>, ApiError> {
    const NAME: &str = "container_registry_access_level";
    let is_enabled = parameters.word(NAME, |text| match text {
        "enabled" => Some(true),
        "private" | "disabled" => Some(false),
        _ => None,
    })?;
    follows_visibility(NAME, is_enabled, "enabled")
}

/// [`registry_access_level`] in GitLab's older word.
fn registry_enabled(parameters: &Parameters) -> Result<Option<bool>, ApiError> {
    const NAME: &str = "container_registry_enabled";
    follows_visibility(NAME, parameters.boolean(NAME)?, "true")
}

fn follows_visibility(
    name: &'static str,
    is_enabled: Option<bool>,
    only: &str,
) -> Result<Option<bool>, ApiError> {
    if is_enabled != Some(false) {
        return Ok(is_enabled);
    }
    let problem = format!(
        "can only be {only}: images are as visible as their project; leave it out, and close them with visibility=private"
    );
    Err(ApiError::Invalid(name, problem))
}

/// The last part of a path: `path`, or made from the name.
fn last_part(parameters: &Parameters) -> Result<String, ApiError> {
    match parameters.filled("path")? {
        Some(path) => Ok(path),
        None => Ok(part_for(&parameters.text("name")?.unwrap_or_default())),
    }
}
