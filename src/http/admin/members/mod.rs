//! What the members of groups and of projects have in common.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::app::DeskError;
use crate::app::members::{IfMember, InheritedRoles, MemberChange, NewMember, RolesBelow};
use crate::domain::authority::Need;
use crate::domain::expiry::Expiry;
use crate::domain::ids::UserId;
use crate::domain::members::access_level::AccessLevel;
use crate::domain::members::filter::MemberFilter;
use crate::domain::namespaces::reference::{ExpectedNamespace, NamespaceReference};
use crate::domain::users::username::Username;
use crate::http::admin::call::Call;
use crate::http::admin::error::ApiError;
use crate::http::admin::namespaces::parameters::level;
use crate::http::admin::page;
use crate::http::admin::parameters::{Parameters, invalid};
use crate::http::admin::segments::namespace;
use crate::http::admin::state::AdminState;
use crate::representation::MemberView;

/// Most users that one request adds.
const MOST_AT_ONCE: usize = 100;

pub(super) async fn list(
    admin: &AdminState,
    (expected, id, inherited): (ExpectedNamespace, &str, InheritedRoles),
    call: &Call,
) -> Result<Response, ApiError> {
    let authority = call.authority(Need::Read)?;
    let name = namespace(expected, id)?;
    let users = call.parameters.integers("user_ids")?;
    let filter = MemberFilter {
        users: users.map(|ids| ids.into_iter().map(UserId).collect()),
        search: call
            .parameters
            .text("query")?
            .filter(|text| !text.is_empty()),
    };
    let request = page::requested(&call.parameters)?;
    let found = admin
        .desk
        .members_page(&authority, (&name, inherited), &filter, request)
        .await?;
    Ok(page::reply(&found, (call, &admin.public_url), |member| {
        MemberView::new(member, &admin.public_url)
    }))
}

pub(super) async fn get(
    admin: &AdminState,
    (expected, (id, user), inherited): (ExpectedNamespace, (String, String), InheritedRoles),
    call: &Call,
) -> Result<Json<MemberView>, ApiError> {
    let authority = call.authority(Need::Read)?;
    let name = namespace(expected, &id)?;
    let member = admin
        .desk
        .member(&authority, (&name, inherited), user_id(&user)?)
        .await?;
    Ok(Json(MemberView::new(&member, &admin.public_url)))
}

/// Adds one user, or several: then the answer names those that could not be added, and why.
pub(super) async fn add(
    admin: &AdminState,
    (expected, id): (ExpectedNamespace, &str),
    call: &Call,
) -> Result<Response, ApiError> {
    let authority = call.authority(Need::Write)?;
    let name = seen(admin, (expected, id), call).await?;
    let parameters = &call.parameters;
    parameters.require(&["access_level"])?;
    let level = wanted_level(parameters)?.ok_or_else(|| invalid("access_level"))?;
    let expiry = parameters.date("expires_at")?.map(Expiry::on);
    let wanted = wanted_users(admin, parameters).await?;
    let new = |user| NewMember {
        namespace: name.clone(),
        user,
        level,
        expiry,
    };
    if let [(_, user)] = wanted.as_slice() {
        let added = admin
            .desk
            .add_member(&authority, new(*user), IfMember::Refuse)
            .await?;
        let view = MemberView::new(&added, &admin.public_url);
        return Ok((StatusCode::CREATED, Json(view)).into_response());
    }
    let mut failures = Map::new();
    for (called, user) in wanted {
        match admin
            .desk
            .add_member(&authority, new(user), IfMember::Refuse)
            .await
        {
            Ok(_) => {}
            Err(error @ (DeskError::AlreadyMember | DeskError::NotFound { .. })) => {
                failures.insert(called, Value::from(error.to_string()));
            }
            Err(error) => return Err(error.into()),
        }
    }
    let body = if failures.is_empty() {
        json!({ "status": "success" })
    } else {
        json!({ "status": "error", "message": failures })
    };
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

pub(super) async fn change(
    admin: &AdminState,
    (expected, (id, user)): (ExpectedNamespace, (String, String)),
    call: &Call,
) -> Result<Json<MemberView>, ApiError> {
    let authority = call.authority(Need::Write)?;
    let name = seen(admin, (expected, &id), call).await?;
    let wanted = MemberChange {
        level: wanted_level(&call.parameters)?,
        expiry: if call.parameters.has("expires_at") {
            Some(call.parameters.date("expires_at")?.map(Expiry::on))
        } else {
            None
        },
    };
    let changed = admin
        .desk
        .change_member(&authority, &name, user_id(&user)?, wanted)
        .await?;
    Ok(Json(MemberView::new(&changed, &admin.public_url)))
}

pub(super) async fn remove(
    admin: &AdminState,
    (expected, (id, user)): (ExpectedNamespace, (String, String)),
    call: &Call,
) -> Result<StatusCode, ApiError> {
    let authority = call.authority(Need::Write)?;
    let name = seen(admin, (expected, &id), call).await?;
    let below = if call.parameters.boolean("skip_subresources")? == Some(true) {
        RolesBelow::Kept
    } else {
        RolesBelow::Removed
    };
    admin
        .desk
        .remove_member(&authority, &name, user_id(&user)?, below)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The name of a namespace that the caller may see: others learn nothing from what else is wrong.
async fn seen(
    admin: &AdminState,
    (expected, id): (ExpectedNamespace, &str),
    call: &Call,
) -> Result<NamespaceReference, ApiError> {
    let name = namespace(expected, id)?;
    admin
        .desk
        .namespace(&call.authority(Need::Write)?, &name)
        .await?;
    Ok(name)
}

/// By `user_id` or `username`, each of which may be a list; with what each was called.
async fn wanted_users(
    admin: &AdminState,
    parameters: &Parameters,
) -> Result<Vec<(String, UserId)>, ApiError> {
    let ids = parameters.integers("user_id")?.unwrap_or_default();
    let names = parameters.list("username")?.unwrap_or_default();
    if ids.is_empty() == names.is_empty() {
        let what = if ids.is_empty() {
            "missing"
        } else {
            "mutually exclusive"
        };
        return Err(ApiError::parameter(format!(
            "user_id, username are {what}, exactly one parameter must be provided"
        )));
    }
    if ids.len().max(names.len()) > MOST_AT_ONCE {
        return Err(ApiError::parameter(format!(
            "at most {MOST_AT_ONCE} users can be added at once"
        )));
    }
    let mut users: Vec<_> = ids
        .into_iter()
        .map(|id| (id.to_string(), UserId(id)))
        .collect();
    for name in names {
        let username =
            Username::try_from(name.as_str()).map_err(|_| ApiError::not_found("User"))?;
        users.push((name, admin.desk.user(&username).await?.id));
    }
    Ok(users)
}

fn wanted_level(parameters: &Parameters) -> Result<Option<AccessLevel>, ApiError> {
    parameters.word("access_level", level)
}

fn user_id(text: &str) -> Result<UserId, ApiError> {
    text.parse().map_err(|_| invalid("user_id"))
}
