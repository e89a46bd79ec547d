//! What the parameters of a request say about a personal access token.

use chrono::{DateTime, Utc};

use crate::app::access_tokens::AccessTokenRotation;
use crate::domain::access_tokens::filter::{AccessTokenFilter, AccessTokenSort};
use crate::domain::access_tokens::pattern::RepositoryPattern;
use crate::domain::access_tokens::policy::WantedEnd;
use crate::domain::access_tokens::scope::AccessTokenScopes;
use crate::domain::access_tokens::{
    AccessTokenChange, AccessTokenDescription, AccessTokenSpecification,
};
use crate::domain::expiry::Expiry;
use crate::domain::ids::UserId;
use crate::domain::text::{DisplayName, InvalidDisplayName};
use crate::http::admin::error::ApiError;
use crate::http::admin::parameters::{Parameters, invalid};

/// What can be said of a token; other parameters are refused.
const KNOWN: [&str; 6] = [
    "name",
    "description",
    "scopes",
    "expires_at",
    "expires_in",
    "repositories",
];
/// What can be said of a rotation.
const KNOWN_OF_ROTATION: [&str; 3] = ["expires_at", "expires_in", "grace"];

/// A token that is to be made, and what is said about its end.
pub(in crate::http::admin) fn specification(
    parameters: &Parameters,
    now: DateTime<Utc>,
) -> Result<(AccessTokenSpecification, WantedEnd), ApiError> {
    parameters.only(&KNOWN)?;
    parameters.require(&["name", "scopes"])?;
    let scopes = scopes(parameters)?.unwrap_or_default();
    let specification = AccessTokenSpecification::new(name(parameters)?, scopes)?
        .described(description(parameters)?)
        .limited_to(repositories(parameters)?.unwrap_or_default())?;
    Ok((specification, end(parameters, now)?))
}

/// How a token is to be rotated.
pub(in crate::http::admin) fn rotation(
    parameters: &Parameters,
    now: DateTime<Utc>,
) -> Result<AccessTokenRotation, ApiError> {
    parameters.only(&KNOWN_OF_ROTATION)?;
    Ok(AccessTokenRotation {
        end: end(parameters, now)?,
        grace: parameters.lifetime("grace")?,
    })
}

/// What is to be changed of a token.
pub(in crate::http::admin) fn change(
    parameters: &Parameters,
    now: DateTime<Utc>,
) -> Result<AccessTokenChange, ApiError> {
    parameters.only(&KNOWN)?;
    let given = |name: &str| parameters.has(name);
    Ok(AccessTokenChange {
        name: if given("name") {
            Some(name(parameters)?)
        } else {
            None
        },
        description: if given("description") {
            Some(description(parameters)?)
        } else {
            None
        },
        expiry: match end(parameters, now)? {
            WantedEnd::At(end) => Some(Some(end)),
            WantedEnd::Never | WantedEnd::Unsaid => given("expires_at").then_some(None),
        },
        scopes: if given("scopes") {
            Some(scopes(parameters)?.unwrap_or_default())
        } else {
            None
        },
        repositories: if given("repositories") {
            Some(repositories(parameters)?.unwrap_or_default())
        } else {
            None
        },
    })
}

/// Which tokens are wanted; an unknown order is ignored, as in GitLab.
pub(in crate::http::admin) fn filter(
    parameters: &Parameters,
    now: DateTime<Utc>,
) -> Result<AccessTokenFilter, ApiError> {
    let active_at = match parameters.text("state")?.as_deref() {
        None => None,
        Some("active") => Some((true, now)),
        Some("inactive") => Some((false, now)),
        Some(_) => return Err(ApiError::parameter("state does not have a valid value")),
    };
    // A blank id is nobody's.
    let owner = match parameters.text("user_id")?.as_deref() {
        Some("") => Some(0),
        _ => parameters.integer("user_id")?,
    };
    Ok(AccessTokenFilter {
        owner: owner.map(UserId),
        revoked_at: parameters.boolean("revoked")?.map(|revoked| (revoked, now)),
        active_at,
        created_before: parameters.instant("created_before")?,
        created_after: parameters.instant("created_after")?,
        last_used_before: parameters.instant("last_used_before")?,
        last_used_after: parameters.instant("last_used_after")?,
        expires_before: parameters.date("expires_before")?,
        expires_after: parameters.date("expires_after")?,
        search: parameters.text("search")?.filter(|text| !text.is_empty()),
        sort: parameters
            .text("sort")?
            .as_deref()
            .and_then(AccessTokenSort::from_name),
    })
}

fn name(parameters: &Parameters) -> Result<DisplayName, ApiError> {
    let text = parameters.text("name")?.unwrap_or_default();
    DisplayName::try_from(text.as_str()).map_err(|_| {
        let problem = InvalidDisplayName::PROBLEM;
        ApiError::Unprocessable(format!("the name {problem}"))
    })
}

fn description(parameters: &Parameters) -> Result<Option<AccessTokenDescription>, ApiError> {
    let text = parameters.text("description")?.unwrap_or_default();
    AccessTokenDescription::read(&text).map_err(|error| {
        let most = error.longest;
        ApiError::Unprocessable(format!("the description is at most {most} characters"))
    })
}

/// What is said about an end: a date or a duration, or with null, that there is none.
fn end(parameters: &Parameters, now: DateTime<Utc>) -> Result<WantedEnd, ApiError> {
    let (date, lifetime) = (
        parameters.date("expires_at")?,
        parameters.lifetime("expires_in")?,
    );
    match (date, lifetime) {
        (Some(_), Some(_)) => Err(ApiError::parameter(
            "expires_at and expires_in exclude each other; give one of them",
        )),
        (Some(date), None) => Ok(WantedEnd::At(Expiry::on(date))),
        (None, Some(lifetime)) => Ok(WantedEnd::At(Expiry::at(lifetime.after(now)))),
        (None, None) if parameters.is_null("expires_at") => Ok(WantedEnd::Never),
        (None, None) => Ok(WantedEnd::Unsaid),
    }
}

/// The scopes that are named, if any are.
pub(in crate::http::admin) fn scopes(
    parameters: &Parameters,
) -> Result<Option<AccessTokenScopes>, ApiError> {
    let Some(names) = parameters.list("scopes")? else {
        return Ok(None);
    };
    let scopes = names
        .iter()
        .map(|name| name.parse())
        .collect::<Result<_, _>>();
    scopes.map(Some).map_err(|_| wrong_scope())
}

/// The error that a scope is none that the token can have, in GitLab's words.
pub(in crate::http::admin) fn wrong_scope() -> ApiError {
    ApiError::parameter("scopes does not have a valid value")
}

fn repositories(parameters: &Parameters) -> Result<Option<Vec<RepositoryPattern>>, ApiError> {
    let Some(texts) = parameters.list("repositories")? else {
        return Ok(None);
    };
    // A text without patterns was not filled in; all repositories are an empty list.
    if texts.is_empty() && parameters.is_text("repositories") {
        return Err(invalid("repositories"));
    }
    let patterns = texts
        .iter()
        .map(|text| RepositoryPattern::try_from(text.as_str()))
        .collect::<Result<_, _>>();
    patterns.map(Some).map_err(|_| invalid("repositories"))
}
