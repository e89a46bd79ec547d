//! `/personal_access_tokens/self/associations`

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use crate::domain::authority::Need;
use crate::domain::page::{Page, PageRequest};
use crate::http::admin::access_tokens::list::ListAssociations;
use crate::http::admin::access_tokens::own_id;
use crate::http::admin::call::Call;
use crate::http::admin::error::ApiError;
use crate::http::admin::page;
use crate::http::admin::page::input::PageInput;
use crate::http::admin::state::AdminState;
use crate::representation::AssociationsView;

/// The groups and projects in which the owner of the very token that is presented has a role; the
/// pages of both lists are counted alike, and `Link` leads on until both have ended.
#[utoipa::path(get, path = "/personal_access_tokens/self/associations", tag = "personal_access_tokens",
    params(ListAssociations, PageInput),
    responses((status = 200, body = AssociationsView)))]
pub(super) async fn get(State(admin): State<AdminState>, call: Call) -> Result<Response, ApiError> {
    let authority = call.authority(Need::OwnToken)?;
    let wanted = ListAssociations::read(&call.parameters)?;
    let (least, request) = (wanted.min_access_level, PageRequest::from(wanted.page));
    let found = admin
        .desk
        .associations(&authority, own_id(&call)?, least, request)
        .await?;
    let page = Page {
        total: None,
        has_rest: found.has_rest,
        request,
    };
    let entries = found.groups.len().max(found.projects.len());
    let headers = page::headers((&page, entries), &call.uri, &admin.public_url);
    let view = AssociationsView::new(&found, &admin.public_url);
    Ok((headers, Json(view)).into_response())
}
