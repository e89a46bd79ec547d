//! GitLab's filters for users that do not apply here.

use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

use crate::http::admin::foreign::{ForeignFilter, When, describe, ignored, nothing, refused};

/// The filters of `GET /users`.
#[rustfmt::skip]
pub(super) const USER_FILTERS: &[ForeignFilter] = &[
    nothing("extern_uid", When::Given, "nobody signs in elsewhere"),
    nothing("provider", When::Given, "nobody signs in elsewhere"),
    nothing("saml_provider_id", When::Given, "nobody signs in elsewhere"),
    nothing("public_email", When::Given, "no address is public"),
    nothing("custom_attributes", When::Given, "nobody has attributes"),
    nothing("auditors", When::True, "nobody is an auditor"),
    nothing("exclude_humans", When::True, "all users are people"),
    refused("without_projects", When::True, "it is not known who has no projects"),
    ignored("humans", "all users are people"),
    ignored("exclude_internal", "all users are people"),
    ignored("without_project_bots", "all users are people"),
    ignored("skip_ldap", "nobody signs in elsewhere"),
    ignored("with_custom_attributes", "nobody has attributes"),
];

/// [`USER_FILTERS`], for the API's description.
pub(super) struct ForeignUserFilters;

impl IntoParams for ForeignUserFilters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        describe(USER_FILTERS)
    }
}
