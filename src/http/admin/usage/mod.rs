//! `/usage`: the grants and refusals of each token, by day, repository and project.

mod input;

use axum::extract::State;
use axum::response::Response;

use crate::domain::authority::Need;
use crate::http::admin::call::Call;
use crate::http::admin::error::ApiError;
use crate::http::admin::page;
use crate::http::admin::page::input::{ForwardInput, PageInput};
use crate::http::admin::state::AdminState;
use crate::http::admin::usage::input::{ListUsage, UsagePlaceInput};
use crate::representation::UsageView;

/// Grants and refusals, added up by day, token, repository or project: one's own, those of a group or project for its
/// Maintainers, and all for administrators. The last ten seconds may be missing. A grant is a registry token that a client got; whether
/// it then pulled, and how often, only the registry knows.
#[utoipa::path(get, path = "/usage", tag = "usage",
    params(ListUsage, UsagePlaceInput, ForwardInput, PageInput),
    responses((status = 200, body = Vec<UsageView>)))]
pub(super) async fn list(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<Response, ApiError> {
    let authority = call.authority(Need::Read)?;
    let place = UsagePlaceInput::read(&call.parameters)?.place()?;
    let wanted = ListUsage::read(&call.parameters);
    let wanted = match &place {
        Some(name) => admin.unless_hidden(&authority, name, wanted).await?,
        None => wanted?,
    };
    let paging = wanted.paging();
    let question = wanted.about(place, admin.desk.now());
    let found = admin.desk.usage_page(&authority, question, paging).await?;
    let to = (&call, &*admin.public_url);
    Ok(page::reply_part(&found, to, UsageView::new))
}
