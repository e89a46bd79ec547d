//! `/members` of a group or of a project.

mod input;

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::DeskError;
use crate::app::members::{AddedMember, InheritedRoles, NewMember};
use crate::domain::authority::Need;
use crate::domain::ids::UserId;
use crate::domain::namespaces::reference::ExpectedNamespace;
use crate::domain::users::reference::UserReference;
use crate::http::admin::call::Call;
use crate::http::admin::error::{ALREADY_MEMBER, ApiError};
use crate::http::admin::members::input::{
    AddMembers, ChangeMember, ForeignMemberFilters, ListMembers, OF_USER, RemoveMember,
};
use crate::http::admin::page;
use crate::http::admin::page::input::{ForwardInput, PageInput};
use crate::http::admin::parameters::{invalid, is_repeated};
use crate::http::admin::segments::{Segments, namespace};
use crate::http::admin::state::AdminState;
use crate::representation::MemberView;

/// All routes of this noun, below a group or project.
pub(super) fn routes() -> OpenApiRouter<AdminState> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(list_all))
        .routes(routes!(get, change, remove))
        .routes(routes!(get_all))
}

/// The users who have a role in the group or project itself.
#[utoipa::path(get, path = "/members", tag = "members",
    params(("id" = String, Path), ListMembers, ForwardInput, PageInput, ForeignMemberFilters),
    responses((status = 200, body = Vec<MemberView>)))]
async fn list(
    State(admin): State<AdminState>,
    Extension(expected): Extension<ExpectedNamespace>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<Response, ApiError> {
    let of = (expected, id.as_str());
    page_of(&admin, of, InheritedRoles::Excluded, &call).await
}

/// The users who have a role in the group or project or above it, each with the highest.
#[utoipa::path(get, path = "/members/all", tag = "members",
    params(("id" = String, Path), ListMembers, ForwardInput, PageInput, ForeignMemberFilters),
    responses((status = 200, body = Vec<MemberView>)))]
async fn list_all(
    State(admin): State<AdminState>,
    Extension(expected): Extension<ExpectedNamespace>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<Response, ApiError> {
    let of = (expected, id.as_str());
    page_of(&admin, of, InheritedRoles::Included, &call).await
}

/// One user who has a role in the group or project itself.
#[utoipa::path(get, path = "/members/{user_id}", tag = "members",
    params(("id" = String, Path), ("user_id" = i64, Path)),
    responses((status = 200, body = MemberView)))]
async fn get(
    State(admin): State<AdminState>,
    Extension(expected): Extension<ExpectedNamespace>,
    Segments((id, user)): Segments<(String, String)>,
    call: Call,
) -> Result<Json<MemberView>, ApiError> {
    let authority = call.authority(Need::Read)?;
    let of = (&namespace(expected, &id)?, InheritedRoles::Excluded);
    let member = admin.desk.member(&authority, of, user_id(&user)?).await?;
    Ok(Json(MemberView::new(&member, &admin.public_url)))
}

/// One user who has a role in the group or project or above it.
#[utoipa::path(get, path = "/members/all/{user_id}", tag = "members",
    params(("id" = String, Path), ("user_id" = i64, Path)),
    responses((status = 200, body = MemberView)))]
async fn get_all(
    State(admin): State<AdminState>,
    Extension(expected): Extension<ExpectedNamespace>,
    Segments((id, user)): Segments<(String, String)>,
    call: Call,
) -> Result<Json<MemberView>, ApiError> {
    let authority = call.authority(Need::Read)?;
    let of = (&namespace(expected, &id)?, InheritedRoles::Included);
    let member = admin.desk.member(&authority, of, user_id(&user)?).await?;
    Ok(Json(MemberView::new(&member, &admin.public_url)))
}

/// Gives one or several users a role, which may not be higher than one's own: Owners, in a project
/// Maintainers too. The answer to several names those that could not be added, with the reasons.
#[utoipa::path(post, path = "/members", tag = "members",
    params(("id" = String, Path)), request_body = AddMembers,
    responses((status = 201, body = AddedMembers)))]
async fn add(
    State(admin): State<AdminState>,
    Extension(expected): Extension<ExpectedNamespace>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<(StatusCode, Json<AddedMembers>), ApiError> {
    let authority = call.authority(Need::Write)?;
    let name = namespace(expected, &id)?;
    let wanted = AddMembers::read(&call.parameters);
    let wanted = admin.unless_hidden(&authority, &name, wanted).await?;
    let users = wanted.users();
    let new = users.iter().map(|user| NewMember {
        namespace: name.clone(),
        user: user.clone(),
        level: wanted.access_level,
        expiry: wanted.expires_at,
    });
    let answers = admin
        .desk
        .add_members(&authority, &name, new.collect())
        .await?;
    let told = told(&admin, (&users, &wanted.impossible), answers)?;
    Ok((StatusCode::CREATED, Json(told)))
}

/// Gives a member another role or end, but not one above oneself: Owners, in a project Maintainers too.
#[utoipa::path(put, path = "/members/{user_id}", tag = "members",
    params(("id" = String, Path), ("user_id" = i64, Path)), request_body = ChangeMember,
    responses((status = 200, body = MemberView)))]
async fn change(
    State(admin): State<AdminState>,
    Extension(expected): Extension<ExpectedNamespace>,
    Segments((id, user)): Segments<(String, String)>,
    call: Call,
) -> Result<Json<MemberView>, ApiError> {
    let authority = call.authority(Need::Write)?;
    let name = namespace(expected, &id)?;
    let input = || Ok((user_id(&user)?, ChangeMember::read(&call.parameters)?));
    let (user, wanted) = admin.unless_hidden(&authority, &name, input()).await?;
    if call.parameters.has_one_of(&OF_USER) {
        let of = (&name, InheritedRoles::Excluded);
        let member = admin.desk.member(&authority, of, user).await?;
        let shown = MemberView::new(&member, &admin.public_url);
        call.parameters.must_be_as_shown(&OF_USER, &shown)?;
    }
    let changed = admin
        .desk
        .change_member(&authority, &name, user, wanted.into())
        .await?;
    Ok(Json(MemberView::new(&changed, &admin.public_url)))
}

/// Takes a role away: Owners, in a project Maintainers too, or the member themselves. The user's roles
/// below a group are taken away too. The last owner of a group, also of one below, is 403 but for administrators.
#[utoipa::path(delete, path = "/members/{user_id}", tag = "members",
    params(("id" = String, Path), ("user_id" = i64, Path), RemoveMember),
    responses((status = 204)))]
async fn remove(
    State(admin): State<AdminState>,
    Extension(expected): Extension<ExpectedNamespace>,
    Segments((id, user)): Segments<(String, String)>,
    call: Call,
) -> Result<StatusCode, ApiError> {
    let authority = call.authority(Need::Write)?;
    let name = namespace(expected, &id)?;
    let input = || Ok((user_id(&user)?, RemoveMember::read(&call.parameters)?));
    let (user, wanted) = admin.unless_hidden(&authority, &name, input()).await?;
    admin
        .desk
        .remove_member(&authority, &name, user, wanted.into())
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn page_of(
    admin: &AdminState,
    (expected, id): (ExpectedNamespace, &str),
    inherited: InheritedRoles,
    call: &Call,
) -> Result<Response, ApiError> {
    let authority = call.authority(Need::Read)?;
    let name = namespace(expected, id)?;
    let wanted = ListMembers::read(&call.parameters);
    let wanted = admin.unless_hidden(&authority, &name, wanted).await?;
    let paging = wanted.part.into();
    let found = admin
        .desk
        .members_page(&authority, (&name, inherited), &wanted.into(), paging)
        .await?;
    Ok(page::reply_part(
        &found,
        (call, &admin.public_url),
        |member| MemberView::new(member, &admin.public_url),
    ))
}

/// The answer to an addition.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum AddedMembers {
    /// The member, if it is one.
    One(Box<MemberView>),
    /// The outcome for several.
    Several(SeveralMembers),
}

/// The outcome of the addition of several members.
#[derive(Debug, Serialize, ToSchema)]
struct SeveralMembers {
    /// The reasons, by id or user name, for those who could not be added.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<BTreeMap<String, String>>,
    /// `success`, or `error` if somebody could not be added.
    status: &'static str,
}

/// The one member that was added; of several, only those who were not, with names that nobody can have.
fn told(
    admin: &AdminState,
    (users, impossible): (&[UserReference], &[String]),
    mut answers: Vec<AddedMember>,
) -> Result<AddedMembers, ApiError> {
    if answers.len() == 1
        && impossible.is_empty()
        && let Some(only) = answers.pop()
    {
        let view = MemberView::new(&only?, &admin.public_url);
        return Ok(AddedMembers::One(Box::new(view)));
    }
    let failures = (users.iter().zip(answers))
        .filter_map(|(user, answer)| Some((user.to_string(), reason(&answer.err()?))));
    let nobody = impossible
        .iter()
        .map(|name| {
            if is_repeated(name) {
                name.as_str()
            } else {
                "(a longer name)"
            }
        })
        .map(|name| (name.to_owned(), format!("there is no user `{name}`")));
    let failures: BTreeMap<String, String> = failures.chain(nobody).collect();
    let is_done = failures.is_empty();
    Ok(AddedMembers::Several(SeveralMembers {
        status: if is_done { "success" } else { "error" },
        message: (!is_done).then_some(failures),
    }))
}

fn user_id(text: &str) -> Result<UserId, ApiError> {
    text.parse().map_err(|_| invalid("user_id"))
}

/// The reason why one of several users was not added.
fn reason(error: &DeskError) -> String {
    match error {
        DeskError::AlreadyMember => ALREADY_MEMBER.to_owned(),
        other => other.to_string(),
    }
}
