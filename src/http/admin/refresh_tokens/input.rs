//! The inputs about refresh tokens.

use utoipa::IntoParams;

use crate::domain::ids::UserId;
use crate::http::admin::error::ApiError;
use crate::http::admin::page::input::ForwardInput;
use crate::http::admin::parameters::Parameters;

/// The filter of a list of refresh tokens.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListRefreshTokens {
    /// Only refresh tokens of this user.
    #[param(value_type = Option<i64>)]
    pub(super) user_id: Option<UserId>,
    #[param(ignore)]
    pub(super) part: ForwardInput,
}

impl ListRefreshTokens {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        parameters.must_not_be_blank(&["user_id"])?;
        Ok(Self {
            user_id: parameters.integer("user_id")?.map(UserId),
            part: ForwardInput::read(parameters)?,
        })
    }
}
