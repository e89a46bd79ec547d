//! Access tokens of projects and groups, and tokens for impersonation: GitLab has them, we have not
//! ([decision 12](../../../../docs/adr/0012-no-bots-and-no-impersonation.md)).

use axum::Extension;
use axum::extract::{FromRequest, Request, State};
use axum::http::Method;
use axum::response::Response;
use axum::routing::{any, post};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::domain::authority::Need;
use crate::domain::namespaces::reference::ExpectedNamespace;
use crate::domain::page::{Listing, ListingPlace, Page};
use crate::http::admin::access_tokens::rotate::RotationCall;
use crate::http::admin::call::Call;
use crate::http::admin::error::ApiError;
use crate::http::admin::page;
use crate::http::admin::page::input::PageInput;
use crate::http::admin::segments::{Segments, namespace};
use crate::http::admin::state::AdminState;
use crate::http::admin::users::reference;
use crate::representation::AccessTokenView;

/// The routes below a group or project.
pub(in crate::http::admin) fn of_namespaces() -> OpenApiRouter<AdminState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .route("/access_tokens", post(refuse))
        .route("/access_tokens/{*rest}", any(refuse))
}

/// The routes below a user.
pub(super) fn of_users() -> OpenApiRouter<AdminState> {
    let tokens = "/users/{user_id}/impersonation_tokens";
    OpenApiRouter::new()
        .routes(routes!(list_for_impersonation))
        .route(tokens, post(refuse_impersonation))
        .route(&format!("{tokens}/{{*rest}}"), any(refuse_impersonation))
}

/// An empty list: programs get a deploy token of the group or project, or a personal access token of a user
/// of their own.
#[utoipa::path(get, path = "/access_tokens", tag = "deploy_tokens",
    params(("id" = String, Path, description = "id or URL-encoded path"), PageInput),
    responses((status = 200, body = Vec<AccessTokenView>)))]
async fn list(
    State(admin): State<AdminState>,
    Extension(expected): Extension<ExpectedNamespace>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<Response, ApiError> {
    let authority = call.authority(Need::Read)?;
    let name = namespace(expected, &id)?;
    let wanted = PageInput::read(&call.parameters);
    let wanted = admin.unless_hidden(&authority, &name, wanted).await?;
    admin.desk.namespace(&authority, &name).await?;
    Ok(no_tokens(wanted, &call, &admin))
}

/// An empty list: administrators make personal access tokens for others. For administrators only.
#[utoipa::path(get, path = "/users/{user_id}/impersonation_tokens", tag = "personal_access_tokens",
    params(("user_id" = i64, Path), PageInput),
    responses((status = 200, body = Vec<AccessTokenView>)))]
async fn list_for_impersonation(
    State(admin): State<AdminState>,
    Segments(user): Segments<String>,
    call: Call,
) -> Result<Response, ApiError> {
    let authority = call.authority(Need::ReadUsers)?;
    authority.require_administrator()?;
    let user = reference(&user)?;
    let wanted = PageInput::read(&call.parameters);
    let wanted = admin.unless_unknown(&authority, &user, wanted).await?;
    admin.desk.user(&authority, &user).await?;
    Ok(no_tokens(wanted, &call, &admin))
}

fn no_tokens(wanted: PageInput, call: &Call, admin: &AdminState) -> Response {
    let none = Listing::<()> {
        items: Vec::new(),
        place: ListingPlace::Page(Page {
            total: Some(0),
            has_rest: false,
            request: wanted.into(),
        }),
    };
    page::reply_part(&none, (call, &admin.public_url), |()| ())
}

/// Refuses to make, show, rotate or revoke a token of a group or project. A revoked token that is presented to rotate one
/// ends its family all the same (docs/gitlab-api.md §1.7).
async fn refuse(
    State(admin): State<AdminState>,
    Extension(expected): Extension<ExpectedNamespace>,
    Segments(segments): Segments<Vec<String>>,
    request: Request,
) -> Result<Response, ApiError> {
    let need = if request.method().is_safe() {
        Need::Read
    } else {
        Need::Write
    };
    let call = if is_rotation(request.method(), &segments) {
        RotationCall::from_request(request, &admin).await?.0
    } else {
        Call::from_request(request, &admin).await?
    };
    let authority = call.authority(need)?;
    let id = segments.first().map_or("", String::as_str);
    let name = namespace(expected, id)?;
    admin.desk.namespace(&authority, &name).await?;
    let (kind, nouns) = match expected {
        ExpectedNamespace::Project => ("project", "projects"),
        _ => ("group", "groups"),
    };
    Err(ApiError::BadRequest(format!(
        "there are no {kind} access tokens here; make a deploy token with POST /{nouns}/:id/deploy_tokens, or a user \
         for the program, with a role in the {kind} and a personal access token"
    )))
}

/// True for `POST` to the path of a group or project and below it that of a token, with `/rotate` at its end.
fn is_rotation(method: &Method, segments: &[String]) -> bool {
    let token = segments
        .get(1)
        .and_then(|rest| rest.strip_suffix("/rotate"));
    method == Method::POST && token.is_some_and(|token| !token.contains('/'))
}

/// Refuses to make, show or revoke a token for impersonation.
async fn refuse_impersonation(method: Method, call: Call) -> Result<Response, ApiError> {
    let need = if method.is_safe() {
        Need::ReadUsers
    } else {
        Need::Write
    };
    call.authority(need)?.require_administrator()?;
    Err(ApiError::BadRequest(
        "there are no impersonation tokens here; make a personal access token for the user with POST \
         /users/:user_id/personal_access_tokens"
            .to_owned(),
    ))
}
