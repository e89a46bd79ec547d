//! `/projects/{id}/registry/repositories`: the repositories of a project, with their last uses.

use axum::extract::State;
use axum::response::Response;

use crate::domain::authority::Need;
use crate::domain::namespaces::reference::ExpectedNamespace;
use crate::http::admin::call::Call;
use crate::http::admin::error::ApiError;
use crate::http::admin::page;
use crate::http::admin::page::input::{ForwardInput, PageInput};
use crate::http::admin::segments::{Segments, namespace};
use crate::http::admin::state::AdminState;
use crate::representation::RepositoryView;

/// The repositories of a project to which a push was ever granted; for Reporters.
#[utoipa::path(get, path = "/projects/{id}/registry/repositories", tag = "repositories",
    params(("id" = String, Path, description = "id or URL-encoded path"), ForwardInput, PageInput),
    responses((status = 200, body = Vec<RepositoryView>)))]
pub(super) async fn list(
    State(admin): State<AdminState>,
    Segments(id): Segments<String>,
    call: Call,
) -> Result<Response, ApiError> {
    let authority = call.authority(Need::Read)?;
    let project = namespace(ExpectedNamespace::Project, &id)?;
    let part = ForwardInput::read(&call.parameters);
    let part = admin.unless_hidden(&authority, &project, part).await?;
    let (path, found) = admin
        .desk
        .repositories_page(&authority, &project, part.into())
        .await?;
    let to = (&call, &*admin.public_url);
    Ok(page::reply_part(&found, to, |repository| {
        RepositoryView::new(repository, &path)
    }))
}
