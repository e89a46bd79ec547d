//! `/notices`: notices about tokens, and the state of their delivery. Ours; GitLab has none.

mod input;

use axum::extract::State;
use axum::response::Response;

use crate::domain::authority::Need;
use crate::http::admin::call::Call;
use crate::http::admin::error::ApiError;
use crate::http::admin::notices::input::ListNotices;
use crate::http::admin::page;
use crate::http::admin::page::input::{PageInput, PartInput};
use crate::http::admin::state::AdminState;
use crate::representation::NoticeView;

/// All notices, newest first; administrators only.
#[utoipa::path(get, path = "/notices", tag = "notices",
    params(ListNotices, PartInput, PageInput),
    responses((status = 200, body = Vec<NoticeView>)))]
pub(super) async fn list(
    State(admin): State<AdminState>,
    call: Call,
) -> Result<Response, ApiError> {
    let authority = call.authority(Need::Read)?;
    let wanted = ListNotices::read(&call.parameters)?;
    let found = admin
        .desk
        .notices_page(&authority, wanted.filter(), wanted.paging()?)
        .await?;
    let to = (&call, &*admin.public_url);
    Ok(page::reply_part(&found, to, NoticeView::new))
}
