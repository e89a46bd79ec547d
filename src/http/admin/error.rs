//! Errors as GitLab's clients read them (docs/gitlab-api.md §2.1).

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::app::DeskError;
use crate::domain::access_tokens::InvalidAccessToken;
use crate::domain::access_tokens::lineage::NotRotatable;
use crate::domain::authority::cause::Cause;
use crate::domain::authority::{Need, Refusal};
use crate::domain::page::MAX_OFFSET;
use crate::http::layers::{LogNote, WHILE_AWAY, retry_after, waiting_time};
use crate::identity::AuthenticationError;

/// A request that was not done. The texts here are for the log: a reply may repeat what its caller wrote, the log
/// never does.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApiError {
    /// There is no token or an unknown one; or the caller may not know if the thing exists.
    #[error("no valid token was presented")]
    Unauthorized,
    /// The token has expired or was revoked.
    #[error("the token was refused: {0}")]
    DeadToken(Cause),
    /// The owner is blocked.
    #[error("the token's owner is blocked")]
    Blocked,
    /// The token's scopes do not suffice.
    #[error("the token's scopes do not suffice")]
    InsufficientScope(Need),
    /// The caller wants to act as someone else, which GitLab lets administrators do and we do not.
    #[error("nobody acts as someone else here")]
    Sudo,
    /// The caller's role does not suffice; the text says which would, if it is not empty.
    #[error("forbidden: {0}")]
    Forbidden(String),
    /// The thing does not exist, or the caller may not see it; the text names its kind.
    #[error("not found: {0}")]
    NotFound(String),
    /// The address is outside the API.
    #[error("not an address of the API")]
    NowhereNear,
    /// A parameter is missing or cannot be read.
    #[error("a parameter is missing, unknown or unreadable")]
    Parameter(String),
    /// The request breaks a rule.
    #[error("the request breaks a rule")]
    BadRequest(String),
    /// The wish can be read, but not be fulfilled.
    #[error("the request asks for something impossible")]
    Unprocessable(String),
    /// A field has an invalid value.
    #[error("{0} has an impossible value")]
    Invalid(&'static str, String),
    /// A name is taken.
    #[error("the name is taken")]
    Conflict(String),
    /// The page is further on than numbered pages reach.
    #[error("the page is too far on")]
    TooFar,
    /// The list looks at too many rows.
    #[error("the list takes too long")]
    TooLong,
    /// The change is to be made only to a thing that nobody else has changed, of which nothing is known here.
    #[error("the request has a condition")]
    Condition,
    /// The body is longer than we read.
    #[error("the body is too long")]
    TooLarge,
    /// The body is neither JSON nor a form.
    #[error("the body's kind is unknown")]
    UnsupportedMediaType,
    /// The path has no such method.
    #[error("no such method")]
    MethodNotAllowed,
    /// Too many tokens from the caller's address were refused; it may come back after this time.
    #[error("too many tokens were refused before{}", .1.map_or(String::new(), |cause| format!(", and {cause}")))]
    TooMany(Duration, Option<Cause>),
    /// Too many codes or passwords of the caller were wrong; they may come back after this time.
    #[error("too many codes or passwords were wrong before")]
    TooManyCodes(Duration),
    /// The key that encrypts secrets cannot be used; the operator has to bring it back.
    #[error("the secrets of second factors cannot be read or written")]
    NoEncryptionKey(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// We cannot answer now; the caller may come back later.
    #[error("the request cannot be done now")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A defect of ours.
    #[error("the request failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl ApiError {
    pub(super) fn parameter(text: impl Into<String>) -> Self {
        Self::Parameter(text.into())
    }

    pub(super) fn not_found(what: impl Into<String>) -> Self {
        Self::NotFound(what.into())
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized | Self::DeadToken(_) => StatusCode::UNAUTHORIZED,
            Self::Blocked | Self::InsufficientScope(_) | Self::Sudo | Self::Forbidden(_) => {
                StatusCode::FORBIDDEN
            }
            Self::NotFound(_) | Self::NowhereNear => StatusCode::NOT_FOUND,
            Self::Parameter(_) | Self::BadRequest(_) | Self::Invalid(..) => StatusCode::BAD_REQUEST,
            Self::Unprocessable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Condition => StatusCode::PRECONDITION_FAILED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::MethodNotAllowed | Self::TooFar => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooMany(..) | Self::TooManyCodes(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLong | Self::Unavailable(_) | Self::NoEncryptionKey(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn body(&self) -> Value {
        match self {
            Self::Unauthorized => json!({ "message": "401 Unauthorized" }),
            Self::DeadToken(cause) => json!({
                "error": "invalid_token",
                "error_description": match cause {
                    Cause::ExpiredToken => "Token is expired. Make a new one.",
                    _ => "Token was revoked. Make a new one.",
                },
            }),
            Self::Blocked => json!({ "message": "403 Forbidden - Your account has been blocked." }),
            Self::Sudo => json!({
                "error": "insufficient_scope",
                "error_description": "Nobody acts as someone else here: leave sudo out, or use a token of that user.",
                "scope": "sudo",
            }),
            Self::InsufficientScope(need) => json!({
                "error": "insufficient_scope",
                "error_description": "The request requires higher privileges than provided by the access token.",
                "scope": need.accepted().iter().map(|scope| scope.name()).collect::<Vec<_>>().join(" "),
            }),
            Self::Forbidden(why) if why.is_empty() => json!({ "message": "403 Forbidden" }),
            Self::Forbidden(why) => json!({ "message": format!("403 Forbidden - {why}") }),
            Self::NotFound(what) if what.is_empty() => json!({ "message": "404 Not Found" }),
            Self::NotFound(what) => json!({ "message": format!("404 {what} Not Found") }),
            Self::NowhereNear => json!({
                "message": "404 Not Found - the API is at /api/v4, and /api/docs describes it",
            }),
            Self::Parameter(text) => json!({ "error": text }),
            Self::BadRequest(text) => json!({ "message": format!("400 Bad request - {text}") }),
            Self::Invalid(field, problem) => json!({ "message": { *field: [problem] } }),
            Self::Unprocessable(text) | Self::Conflict(text) => json!({ "message": text }),
            Self::Condition => json!({
                "message": "412 Precondition Failed - times and versions of changes are not kept; send neither \
                    If-Unmodified-Since nor If-Match",
            }),
            Self::TooLarge => {
                json!({ "message": "413 Request Entity Too Large - a body has at most 64 KiB" })
            }
            Self::UnsupportedMediaType => {
                json!({ "error": "write the body as application/json, application/x-www-form-urlencoded or multipart/form-data" })
            }
            Self::TooFar => json!({
                "error": format!(
                    "Offset pagination has a maximum allowed offset of {MAX_OFFSET}; where a list has it, pagination=keyset leads to all entries"
                ),
            }),
            Self::TooLong => json!({
                "message": "503 Service Unavailable - this list looks at too many entries; narrow it (tokens by user_id, \
                            projects by their group), or read it with pagination=keyset and search there",
            }),
            Self::MethodNotAllowed => json!({ "message": "405 Method Not Allowed" }),
            Self::TooMany(wait, _) => json!({
                "message": format!(
                    "429 Too Many Requests - too many tokens were refused; correct the token, and try again in {}",
                    waiting_time(*wait)
                ),
            }),
            Self::TooManyCodes(wait) => json!({
                "message": format!(
                    "429 Too Many Requests - too many codes or passwords were wrong; try again in {}",
                    waiting_time(*wait)
                ),
            }),
            Self::NoEncryptionKey(_) => json!({
                "message": "503 Service Unavailable - the key that encrypts second factors is lost; the operator has to bring \
                            it back",
            }),
            Self::Unavailable(_) => {
                json!({ "message": "503 Service Unavailable - try again in a few seconds" })
            }
            Self::Failed(_) => json!({ "message": "500 Internal Server Error" }),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status(), Json(self.body())).into_response();
        let wait = match &self {
            Self::TooMany(wait, _) | Self::TooManyCodes(wait) => Some(*wait),
            Self::Unavailable(_) => Some(WHILE_AWAY),
            _ => None,
        };
        let headers = response.headers_mut();
        if let Some(wait) = wait {
            headers.insert(header::RETRY_AFTER, retry_after(wait));
        }
        // The status demands it (RFC 9110 section 15.5.6); for another method the router says it.
        if matches!(self, Self::TooFar) {
            headers.insert(header::ALLOW, HeaderValue::from_static("GET,HEAD"));
        }
        response.extensions_mut().insert(LogNote::of_error(&self));
        response
    }
}

impl From<AuthenticationError> for ApiError {
    fn from(error: AuthenticationError) -> Self {
        match error {
            AuthenticationError::Wrong(cause) => cause.into(),
            AuthenticationError::Throttled(wait, cause) => Self::TooMany(wait, cause),
            error if error.is_temporary() => Self::Unavailable(Box::new(error)),
            error => Self::Failed(Box::new(error)),
        }
    }
}

impl From<Cause> for ApiError {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::ExpiredToken | Cause::RevokedToken => Self::DeadToken(cause),
            Cause::BlockedUser => Self::Blocked,
            _ => Self::Unauthorized,
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Credential(cause) => cause.into(),
            Refusal::Scope(need, _) => Self::InsufficientScope(need),
            Refusal::AdministratorsOnly => Self::Forbidden(String::new()),
            Refusal::RoleTooLow(_)
            | Refusal::RoleEnds(_)
            | Refusal::LastOwner
            | Refusal::LastOwnerBelow(_)
            | Refusal::TwoFactorOfAdministrator
            | Refusal::OwnBlock
            | Refusal::AdministratorWithTwoFactor => Self::Forbidden(refusal.to_string()),
            Refusal::NotYours => Self::Unauthorized,
        }
    }
}

impl From<InvalidAccessToken> for ApiError {
    fn from(error: InvalidAccessToken) -> Self {
        Self::Unprocessable(error.to_string())
    }
}

impl From<DeskError> for ApiError {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::NotFound { what, .. } => Self::NotFound(title_case(what)),
            // GitLab's sentence, for which scripts look, and then the reason.
            DeskError::Taken { field, by, .. } => {
                let field = title_case(field);
                Self::Conflict(format!("{field} has already been taken: {by}"))
            }
            DeskError::SoleOwner { .. } => Self::Conflict(error.to_string()),
            DeskError::AlreadyMember => Self::Conflict(ALREADY_MEMBER.to_owned()),
            // The thing that has it is not told: the caller may not see it.
            DeskError::PathTaken { .. } => {
                Self::Invalid("path", "has already been taken".to_owned())
            }
            DeskError::NotMember { .. } => Self::not_found("Member"),
            DeskError::Invalid { field, problem } => Self::Invalid(field, problem),
            DeskError::Forbidden(refusal) => refusal.into(),
            DeskError::Refused(text) => Self::BadRequest(text),
            DeskError::AccessToken(error) => error.into(),
            DeskError::End(error) => Self::Invalid("expires_at", error.to_string()),
            DeskError::Rotation(NotRotatable::Revoked) => {
                Self::BadRequest("Token already revoked".to_owned())
            }
            DeskError::Rotation(error) => Self::BadRequest(error.to_string()),
            DeskError::Storage(_) if error.looks_at_too_much() => Self::TooLong,
            DeskError::Password(_) | DeskError::Storage(_) if error.is_temporary() => {
                Self::Unavailable(Box::new(error))
            }
            DeskError::Password(_) | DeskError::Storage(_) => Self::Failed(Box::new(error)),
        }
    }
}

/// GitLab's words for someone who is to be added twice.
pub(super) const ALREADY_MEMBER: &str = "Member already exists";

/// `personal access token` as GitLab writes it in a message.
fn title_case(what: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or(String::new(), |first| {
            first.to_ascii_uppercase().to_string() + letters.as_str()
        })
    };
    what.split(' ').map(capital).collect::<Vec<_>>().join(" ")
}
