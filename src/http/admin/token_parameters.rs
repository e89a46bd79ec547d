//! What the parameters of a request say about a personal access token.

use chrono::{DateTime, Utc};

use super::error::ApiError;
use super::parameters::{Parameters, invalid};
use crate::domain::expiry::Expiry;
use crate::domain::filters::{TokenFilter, TokenSort};
use crate::domain::ids::UserId;
use crate::domain::pattern::RepositoryPattern;
use crate::domain::personal_access_token::{TokenChange, TokenSpecification};
use crate::domain::token_scope::TokenScopes;

/// What can be said of a token; other parameters are refused.
const KNOWN: [&str; 5] = [
    "name",
    "description",
    "scopes",
    "expires_at",
    "repositories",
];

/// A token that is to be made.
pub(super) fn specification(parameters: &Parameters) -> Result<TokenSpecification, ApiError> {
    parameters.only(&KNOWN)?;
    parameters.require(&["name", "scopes"])?;
    let name = parameters.text("name")?.unwrap_or_default();
    let specification = TokenSpecification::new(&name, scopes(parameters)?.unwrap_or_default())?
        .described(parameters.text("description")?)?
        .expiring(parameters.date("expires_at")?.map(Expiry::on))
        .limited_to(repositories(parameters)?.unwrap_or_default())?;
    Ok(specification)
}

/// What is to be changed of a token.
pub(super) fn change(parameters: &Parameters) -> Result<TokenChange, ApiError> {
    parameters.only(&KNOWN)?;
    let given = |name: &str| parameters.has(name);
    Ok(TokenChange {
        name: if given("name") {
            Some(parameters.text("name")?.unwrap_or_default())
        } else {
            None
        },
        description: if given("description") {
            Some(parameters.text("description")?)
        } else {
            None
        },
        expiry: if given("expires_at") {
            Some(parameters.date("expires_at")?.map(Expiry::on))
        } else {
            None
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
pub(super) fn filter(parameters: &Parameters, now: DateTime<Utc>) -> Result<TokenFilter, ApiError> {
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
    Ok(TokenFilter {
        owner: owner.map(UserId),
        revoked: parameters.boolean("revoked")?,
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
            .and_then(TokenSort::from_name),
    })
}

fn scopes(parameters: &Parameters) -> Result<Option<TokenScopes>, ApiError> {
    let Some(names) = parameters.list("scopes")? else {
        return Ok(None);
    };
    let scopes = names
        .iter()
        .map(|name| name.parse())
        .collect::<Result<_, _>>();
    scopes
        .map(Some)
        .map_err(|_| ApiError::parameter("scopes does not have a valid value"))
}

fn repositories(parameters: &Parameters) -> Result<Option<Vec<RepositoryPattern>>, ApiError> {
    let Some(texts) = parameters.list("repositories")? else {
        return Ok(None);
    };
    let patterns = texts
        .iter()
        .map(|text| RepositoryPattern::try_from(text.as_str()))
        .collect::<Result<_, _>>();
    patterns.map(Some).map_err(|_| invalid("repositories"))
}
