//! The inputs of explanations.

use utoipa::IntoParams;

use crate::domain::ids::AccessTokenId;
use crate::domain::registry::scope::{InvalidScope, Scope};
use crate::http::admin::error::ApiError;
use crate::http::admin::parameters::{Parameters, refused};

/// A token request, as a registry would ask it.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Explain {
    /// The scopes, as a registry asks for them: `repository:team/app:push`; several with spaces between, or each by itself. What is no
    /// scope, and an action that there is not, is refused here, though a registry's token is only without it.
    #[param(value_type = Vec<String>)]
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
        parameters.must_not_be_blank(&["scope", "user", "token_id"])?;
        let scopes = parameters.texts("scope")?.unwrap_or_default();
        let words = scopes.iter().flat_map(|value| value.split(' '));
        for word in words.filter(|word| !word.is_empty()) {
            Scope::check(word).map_err(|reason| refused("scope", &reason))?;
        }
        let scope = Scope::parse_all(scopes);
        let scope = scope.map_err(|error| ApiError::parameter(error.to_string()))?;
        if scope.is_empty() {
            return Err(refused("scope", &InvalidScope::Form));
        }
        Ok(Self {
            scope,
            user: parameters.text("user")?,
            token_id: parameters.integer("token_id")?.map(AccessTokenId),
        })
    }
}
