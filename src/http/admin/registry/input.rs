//! The inputs of explanations.

use utoipa::IntoParams;

use crate::domain::ids::AccessTokenId;
use crate::domain::registry::scope::Scope;
use crate::http::admin::error::ApiError;
use crate::http::admin::parameters::Parameters;

/// A token request, as a registry would ask it.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Explain {
    /// The scopes, as a registry asks for them: `repository:team/app:push`; several with spaces between.
    #[param(value_type = String)]
    pub(super) scope: Vec<Scope>,
    /// The user whose request it is; the caller, if left out.
    pub(super) user: Option<String>,
    /// The user's token that is presented; their password, if left out.
    #[param(value_type = Option<i64>)]
    pub(super) token_id: Option<AccessTokenId>,
}

impl Explain {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        parameters.require(&["scope"])?;
        // An empty variable of a script must not explain a login by password.
        parameters.must_not_be_blank(&["user", "token_id"])?;
        let scope = parameters.text("scope")?.unwrap_or_default();
        Ok(Self {
            scope: Scope::parse_all([scope])
                .map_err(|error| ApiError::parameter(error.to_string()))?,
            user: parameters.text("user")?,
            token_id: parameters.integer("token_id")?.map(AccessTokenId),
        })
    }
}
