//! The inputs about deploy tokens.

use utoipa::{IntoParams, ToSchema};

use crate::domain::access_tokens::scope::AccessTokenScopes;
use crate::domain::deploy_tokens::{DeployTokenSpecification, DeployUsername};
use crate::domain::expiry::Expiry;
use crate::domain::text::DisplayName;
use crate::http::admin::access_tokens::input::{scopes, wrong_scope};
use crate::http::admin::error::ApiError;
use crate::http::admin::page::input::ForwardInput;
use crate::http::admin::parameters::{Parameters, refused};
use crate::http::admin::words::DeployScopeName;

/// The filter of a list of deploy tokens.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListDeployTokens {
    /// True for only deploy tokens that work; false leaves none out, as in GitLab.
    pub(super) active: Option<bool>,
    #[param(ignore)]
    pub(super) part: ForwardInput,
}

impl ListDeployTokens {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        Ok(Self {
            active: parameters.boolean("active")?,
            part: ForwardInput::read(parameters)?,
        })
    }
}

/// A deploy token that is to be made; unknown fields are refused.
#[derive(Debug, ToSchema)]
#[schema(example = json!({ "name": "ci", "scopes": ["read_registry"], "username": "robot", "expires_at": "2099-01-01" }))]
pub(super) struct CreateDeployToken {
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    name: DisplayName,
    #[schema(value_type = Vec<DeployScopeName>, min_items = 1)]
    scopes: AccessTokenScopes,
    /// The user name to log in with; `deploy-token-ID` without one.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255, pattern = "^[A-Za-z0-9.+_-]+$")]
    username: Option<DeployUsername>,
    /// The end, a date or an instant (RFC 3339); without it, when the token and the role end with which it is
    /// made, or never.
    #[schema(value_type = Option<String>)]
    expires_at: Option<Expiry>,
}

impl CreateDeployToken {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        parameters.only::<Self>(&[])?;
        parameters.require(&["name", "scopes"])?;
        let name = parameters.text("name")?.unwrap_or_default();
        Ok(Self {
            scopes: scopes(parameters, "scopes")?,
            name: DisplayName::try_from(name.as_str())
                .map_err(|error| refused("name", &format!("a name {}", error.problem())))?,
            username: parameters.parsed("username")?,
            expires_at: parameters.instant("expires_at")?.map(Expiry::at),
        })
    }
}

impl TryFrom<CreateDeployToken> for DeployTokenSpecification {
    type Error = ApiError;

    fn try_from(wanted: CreateDeployToken) -> Result<Self, Self::Error> {
        let mut specification = Self::new(wanted.name, wanted.scopes).map_err(|_| wrong_scope())?;
        specification.username = wanted.username;
        specification.expiry = wanted.expires_at;
        Ok(specification)
    }
}
