//! GitLab's filters for groups and projects that do not apply here.

use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

use crate::http::admin::foreign::{ForeignFilter, When, describe, ignored, nothing, refused};

/// The filters of `GET /projects`, and of the lists of a group's and a user's projects.
#[rustfmt::skip]
pub(super) const PROJECT_FILTERS: &[ForeignFilter] = &[
    refused("last_activity_before", When::Given, UNKNOWN),
    refused("last_activity_after", When::Given, UNKNOWN),
    refused("updated_before", When::Given, UNKNOWN),
    refused("updated_after", When::Given, UNKNOWN),
    // A program that asks for archived projects may be about to delete them.
    nothing("archived", When::True, "no project is archived"),
    nothing("active", When::False, "no project is archived or about to be deleted"),
    nothing("marked_for_deletion_on", When::Given, "what is deleted is gone at once"),
    nothing("starred", When::True, "nobody stars projects"),
    nothing("imported", When::True, "no project is imported"),
    nothing("topic", When::Given, "no project has topics"),
    nothing("topic_id", When::Given, "no project has topics"),
    nothing("with_programming_language", When::Given, "no project has source code"),
    nothing("with_issues_enabled", When::True, "no project has issues"),
    nothing("with_merge_requests_enabled", When::True, "no project has merge requests"),
    nothing("with_security_reports", When::True, "no project has reports"),
    nothing("wiki_checksum_failed", When::True, "no project has a wiki"),
    nothing("repository_checksum_failed", When::True, "no project has source code"),
    nothing("repository_storage", When::Given, "no project has source code"),
    nothing("custom_attributes", When::Given, "no project has attributes"),
    ignored("with_shared", "no project is shared with groups"),
    ignored("include_ancestor_groups", "it would add projects, not leave them out"),
    ignored("include_hidden", "no project is hidden"),
    ignored("include_pending_delete", "what is deleted is gone at once"),
    ignored("simple", "it is about how projects look"),
    ignored("statistics", "it is about how projects look"),
    ignored("license", "it is about how projects look"),
    ignored("with_custom_attributes", "it is about how projects look"),
];

/// The filters of `GET /groups`, and of the lists of groups below a group.
#[rustfmt::skip]
pub(super) const GROUP_FILTERS: &[ForeignFilter] = &[
    nothing("archived", When::True, "no group is archived"),
    nothing("active", When::False, "no group is archived or about to be deleted"),
    nothing("marked_for_deletion_on", When::Given, "what is deleted is gone at once"),
    nothing("repository_storage", When::Given, "no group has source code"),
    nothing("custom_attributes", When::Given, "no group has attributes"),
    ignored("statistics", "it is about how groups look"),
    ignored("with_custom_attributes", "it is about how groups look"),
];

const UNKNOWN: &str = "it is not known when a project was last active or updated";

/// [`PROJECT_FILTERS`], for the API's description.
pub(in crate::http::admin) struct ForeignProjectFilters;

impl IntoParams for ForeignProjectFilters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        describe(PROJECT_FILTERS)
    }
}

/// [`GROUP_FILTERS`], for the API's description.
pub(super) struct ForeignGroupFilters;

impl IntoParams for ForeignGroupFilters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        describe(GROUP_FILTERS)
    }
}
