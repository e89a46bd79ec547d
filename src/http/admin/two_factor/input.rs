//! The inputs about two-factor authentication.

use secrecy::SecretString;
use utoipa::ToSchema;

use crate::app::two_factor::TurnOffProof;
use crate::http::admin::error::ApiError;
use crate::http::admin::parameters::Parameters;

/// The confirmation that the device has the secret.
#[derive(Debug, ToSchema)]
#[schema(example = json!({ "code": "123456" }))]
pub(super) struct ConfirmTwoFactor {
    /// The six digits that the device shows.
    #[schema(value_type = String)]
    pub(super) code: SecretString,
}

impl ConfirmTwoFactor {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        parameters.require(&["code"])?;
        let code = parameters.text("code")?.unwrap_or_default();
        Ok(Self { code: code.into() })
    }
}

/// The proof that it is the user themselves; one of both.
#[derive(Debug, ToSchema)]
#[schema(example = json!({ "code": "123456" }))]
pub(super) struct TurnOffTwoFactor {
    #[schema(value_type = Option<String>)]
    password: Option<SecretString>,
    /// The six digits that the device shows, or a recovery code.
    #[schema(value_type = Option<String>)]
    code: Option<SecretString>,
}

impl TurnOffTwoFactor {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        Ok(Self {
            password: parameters.filled("password")?.map(Into::into),
            code: parameters.filled("code")?.map(Into::into),
        })
    }
}

impl TryFrom<TurnOffTwoFactor> for TurnOffProof {
    type Error = ApiError;

    fn try_from(wanted: TurnOffTwoFactor) -> Result<Self, Self::Error> {
        match (wanted.password, wanted.code) {
            (Some(password), None) => Ok(Self::Password(password)),
            (None, Some(code)) => Ok(Self::Code(code)),
            (None, None) => Err(ApiError::parameter("password or code is missing")),
            (Some(_), Some(_)) => Err(ApiError::parameter(
                "password and code are one too many: send one",
            )),
        }
    }
}
