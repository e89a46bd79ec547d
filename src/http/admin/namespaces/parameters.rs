//! What the parameters of a request say about groups and projects.

use crate::app::namespaces::{NamespaceChange, NewNamespace};
use crate::domain::ids::NamespaceId;
use crate::domain::members::access_level::AccessLevel;
use crate::domain::namespaces::filter::{NamespaceFilter, NamespaceSort, NamespaceSortKey, Within};
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::namespaces::visibility::Visibility;
use crate::domain::namespaces::{NamespaceDescription, NamespaceKind};
use crate::domain::text::{DisplayName, InvalidDisplayName};
use crate::http::admin::error::ApiError;
use crate::http::admin::page::is_descending;
use crate::http::admin::parameters::Parameters;

/// Which places of `kind` are wanted, and only those `within`, if it is given.
pub(in crate::http::admin) fn filter(
    parameters: &Parameters,
    kind: NamespaceKind,
    within: Option<Within>,
) -> Result<NamespaceFilter, ApiError> {
    let is_true = |name: &str| Ok::<_, ApiError>(parameters.boolean(name)? == Some(true));
    // What it means to own: GitLab's `owned` is the role Owner, its `membership` is any role.
    let min_role = [
        is_true("owned")?.then_some(AccessLevel::Owner),
        is_true("membership")?.then_some(AccessLevel::Guest),
        parameters.word("min_access_level", level)?,
    ];
    let skipped = parameters.integers("skip_groups")?.unwrap_or_default();
    Ok(NamespaceFilter {
        within,
        search: parameters.text("search")?.filter(|text| !text.is_empty()),
        visibility: parameters.word("visibility", |text| text.parse().ok())?,
        top_level_only: is_true("top_level_only")?,
        min_role: min_role.into_iter().flatten().max(),
        skip: skipped.into_iter().map(NamespaceId).collect(),
        after: parameters.integer("id_after")?.map(NamespaceId),
        before: parameters.integer("id_before")?.map(NamespaceId),
        // Nobody archives or stars here. Whoever asks for what is archived may be about to delete it.
        nothing: is_true("archived")? || is_true("starred")?,
        sort: sort(parameters, kind)?,
        ..NamespaceFilter::all(kind)
    })
}

/// Groups come by name, projects newest first, as in GitLab.
pub(in crate::http::admin) fn is_usually_descending(kind: NamespaceKind) -> bool {
    kind == NamespaceKind::Project
}

fn sort(parameters: &Parameters, kind: NamespaceKind) -> Result<NamespaceSort, ApiError> {
    let key = parameters.word("order_by", |text| match text {
        "id" => Some(NamespaceSortKey::Id),
        "name" | "similarity" => Some(NamespaceSortKey::Name),
        "path" => Some(NamespaceSortKey::Path),
        // Nothing else than its making is known of a project.
        "created_at" | "updated_at" | "last_activity_at" | "star_count" => {
            Some(NamespaceSortKey::Created)
        }
        _ => None,
    })?;
    let usual = match kind {
        NamespaceKind::Project => NamespaceSortKey::Created,
        NamespaceKind::Group | NamespaceKind::User => NamespaceSortKey::Name,
    };
    Ok(NamespaceSort {
        key: key.unwrap_or(usual),
        descending: is_descending(parameters, is_usually_descending(kind))?,
    })
}

/// A namespace that is to be made, below `parent` or at the top.
pub(in crate::http::admin) fn new_namespace(
    parameters: &Parameters,
    parent: Option<&NamespacePath>,
) -> Result<NewNamespace, ApiError> {
    let name = parameters.text("name")?.filter(|name| !name.is_empty());
    let path = match parameters.text("path")?.filter(|path| !path.is_empty()) {
        Some(path) => path,
        None => slug(name.as_deref().unwrap_or_default()),
    };
    let full = match parent {
        Some(parent) => parent.child(&path),
        None if path.contains('/') => NamespacePath::try_from(""),
        None => NamespacePath::try_from(path.as_str()),
    };
    let path = full.map_err(|_| {
        ApiError::Invalid(
            "path",
            "can contain only letters, digits and separators (`.`, `_`, `__`, `-`) between them, \
             in at most 20 parts and 255 characters with all that is above"
                .to_owned(),
        )
    })?;
    Ok(NewNamespace {
        path,
        name: display_name(name)?,
        description: description(parameters)?,
        visibility: visibility(parameters)?.unwrap_or_default(),
    })
}

/// What is to be changed of a namespace; GitLab ignores what it does not know.
pub(in crate::http::admin) fn change(parameters: &Parameters) -> Result<NamespaceChange, ApiError> {
    Ok(NamespaceChange {
        path: parameters.text("path")?,
        name: display_name(parameters.text("name")?)?,
        description: if parameters.has("description") {
            Some(description(parameters)?)
        } else {
            None
        },
        visibility: visibility(parameters)?,
    })
}

/// One of GitLab's numbers for a role, if we have that role.
pub(in crate::http::admin) fn level(text: &str) -> Option<AccessLevel> {
    AccessLevel::try_from(text.parse::<i32>().ok()?).ok()
}

fn display_name(text: Option<String>) -> Result<Option<DisplayName>, ApiError> {
    text.map(|text| DisplayName::try_from(text.as_str()))
        .transpose()
        .map_err(|_| ApiError::Invalid("name", InvalidDisplayName::PROBLEM.to_owned()))
}

fn description(parameters: &Parameters) -> Result<Option<NamespaceDescription>, ApiError> {
    let text = parameters.text("description")?.unwrap_or_default();
    NamespaceDescription::read(&text).map_err(|error| {
        let most = error.longest;
        let problem = format!("is too long (maximum is {most} characters)");
        ApiError::Invalid("description", problem)
    })
}

fn visibility(parameters: &Parameters) -> Result<Option<Visibility>, ApiError> {
    parameters.word("visibility", |text| text.parse().ok())
}

/// The path that GitLab makes of a name: `My App` becomes `my-app`.
fn slug(name: &str) -> String {
    let words = name
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}
