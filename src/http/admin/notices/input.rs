//! The inputs about notices.

use utoipa::IntoParams;

use crate::domain::notices::outbox::{NoticeFilter, NoticeState};
use crate::domain::page::Paging;
use crate::http::admin::error::ApiError;
use crate::http::admin::page::input::PartInput;
use crate::http::admin::parameters::Parameters;

/// The filter of a list of notices.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListNotices {
    /// Only notices that are `pending`, `delivered`, `failed` or `dropped`.
    #[param(value_type = Option<String>)]
    state: Option<NoticeState>,
    #[param(ignore)]
    part: PartInput,
}

impl ListNotices {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        Ok(Self {
            state: parameters.word("state", |text| NoticeState::try_from(text).ok())?,
            part: PartInput::read(parameters)?,
        })
    }

    /// The conditions.
    pub(super) fn filter(&self) -> NoticeFilter {
        NoticeFilter {
            state: self.state,
            ids: self.part.ids(),
        }
    }

    /// The part that is wanted, and whether it is newest first.
    pub(super) fn paging(&self) -> Result<(bool, Paging), ApiError> {
        let descending = self.part.is_descending(true);
        Ok((descending, self.part.paging(true, descending)?))
    }
}
