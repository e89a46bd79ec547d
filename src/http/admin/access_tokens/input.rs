//! The inputs that make, change and rotate personal access tokens.

use chrono::{DateTime, Utc};
use utoipa::ToSchema;

use crate::app::access_tokens::AccessTokenRotation;
use crate::domain::access_tokens::pattern::{GRAMMAR, InvalidPattern, RepositoryPattern};
use crate::domain::access_tokens::policy::WantedEnd;
use crate::domain::access_tokens::scope::AccessTokenScopes;
use crate::domain::access_tokens::{
    AccessTokenChange, AccessTokenDescription, AccessTokenSpecification, InvalidAccessToken,
};
use crate::domain::expiry::{Expiry, Lifetime};
use crate::domain::text::DisplayName;
use crate::http::admin::error::ApiError;
use crate::http::admin::parameters::{Parameters, invalid, refused};
use crate::http::admin::words::ScopeName;

/// A token that is to be made; unknown fields are refused.
#[derive(Debug, ToSchema)]
#[schema(example = json!({ "name": "ci", "scopes": ["read_registry"], "expires_at": "2099-01-01" }))]
pub(super) struct CreateAccessToken {
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    name: DisplayName,
    #[schema(value_type = Option<String>, max_length = 255)]
    description: Option<AccessTokenDescription>,
    #[schema(value_type = Vec<ScopeName>, min_items = 1)]
    scopes: AccessTokenScopes,
    /// The date on which it ends, at 00:00 UTC; null for never; if left out, the configured default.
    #[schema(value_type = Option<NaiveDate>)]
    expires_at: WantedEnd,
    /// The lifetime, instead of a date: `90m`, `12h` or `30d`.
    #[schema(value_type = Option<String>)]
    expires_in: Option<Lifetime>,
    /// The patterns of the repositories that it is limited to; they allow only registry scopes and `self_rotate`.
    #[schema(value_type = Option<Vec<String>>, max_items = 50)]
    repositories: Vec<RepositoryPattern>,
}

impl CreateAccessToken {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        parameters.only::<Self>(&[])?;
        parameters.require(&["name", "scopes"])?;
        Ok(Self {
            scopes: scopes(parameters, "scopes")?,
            name: name(parameters, "name")?,
            description: description(parameters, "description")?,
            repositories: repositories(parameters, "repositories")?,
            expires_at: end_date(parameters)?,
            expires_in: lifetime(parameters)?,
        })
    }

    /// The end of the token, if it is made at `now`.
    pub(super) fn end(&self, now: DateTime<Utc>) -> WantedEnd {
        end_or(self.expires_at, self.expires_in, now)
    }
}

impl TryFrom<CreateAccessToken> for AccessTokenSpecification {
    type Error = InvalidAccessToken;

    fn try_from(wanted: CreateAccessToken) -> Result<Self, Self::Error> {
        Self::new(wanted.name, wanted.scopes)?
            .described(wanted.description)
            .limited_to(wanted.repositories)
    }
}

/// The members of a token that no change reaches; who sends a whole token back sends them as they are.
pub(super) const READ_ONLY: [&str; 11] = [
    "id",
    "revoked",
    "expired",
    "active",
    "granular",
    "user_id",
    "created_at",
    "expires_at_time",
    "grace_until",
    "previous_personal_access_token_id",
    "parent_personal_access_token_id",
];

/// Members that every use changes, perhaps since the token was read, and one that a rotation alone tells.
const OF_A_MOMENT: [&str; 3] = ["last_used_at", "last_used_ips", "previous_grace_until"];

/// A change of a token; unknown fields are refused, and fields that are left out stay as they are. The other members of a token may be
/// there as they are, so that a whole token can be sent back; another value is refused.
#[derive(Debug, ToSchema)]
#[schema(example = json!({ "name": "ci of team", "expires_at": "2098-01-01" }))]
#[expect(clippy::option_option, reason = "left out and null are two things")]
pub(super) struct ChangeAccessToken {
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255)]
    name: Option<DisplayName>,
    #[schema(value_type = Option<String>, max_length = 255)]
    description: Option<Option<AccessTokenDescription>>,
    /// An end that is earlier than the present one.
    #[schema(value_type = Option<NaiveDate>)]
    expires_at: WantedEnd,
    /// The lifetime from now on, instead of a date: `90m`, `12h` or `30d`.
    #[schema(value_type = Option<String>)]
    expires_in: Option<Lifetime>,
    /// Some of its present scopes.
    #[schema(value_type = Option<Vec<ScopeName>>, min_items = 1)]
    scopes: Option<AccessTokenScopes>,
    /// Some of its present patterns, or repositories that they cover.
    #[schema(value_type = Option<Vec<String>>, max_items = 50)]
    repositories: Option<Vec<RepositoryPattern>>,
}

impl ChangeAccessToken {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        parameters.only::<Self>(&[&READ_ONLY[..], &OF_A_MOMENT].concat())?;
        Ok(Self {
            name: parameters.if_given("name", name)?,
            description: parameters.if_given("description", description)?,
            expires_at: match end_date(parameters)? {
                WantedEnd::Unsaid if parameters.has("expires_at") => WantedEnd::Never,
                date => date,
            },
            expires_in: lifetime(parameters)?,
            scopes: parameters.if_given("scopes", scopes)?,
            repositories: parameters.if_given("repositories", repositories)?,
        })
    }

    /// The change, if it is made at `now`.
    pub(super) fn at(self, now: DateTime<Utc>) -> AccessTokenChange {
        AccessTokenChange {
            end: end_or(self.expires_at, self.expires_in, now),
            name: self.name,
            description: self.description,
            scopes: self.scopes,
            repositories: self.repositories,
        }
    }
}

/// A rotation of a token; unknown fields are refused, and all fields may be left out.
#[derive(Debug, ToSchema)]
#[schema(example = json!({ "grace": "7d" }))]
pub(super) struct RotateAccessToken {
    /// The end of the new token; if left out, in 7 days if the old one had an end or tokens need one, else never.
    #[schema(value_type = Option<NaiveDate>)]
    expires_at: WantedEnd,
    /// The lifetime of the new token, instead of a date: `90m`, `12h` or `30d`.
    #[schema(value_type = Option<String>)]
    expires_in: Option<Lifetime>,
    /// The time for which the old token works beside the new one: `90m`, `12h` or `7d`; none if left out. It ends no later than the new token.
    #[schema(value_type = Option<String>)]
    grace: Option<Lifetime>,
}

impl RotateAccessToken {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        parameters.only::<Self>(&[])?;
        Ok(Self {
            expires_at: end_date(parameters)?,
            expires_in: lifetime(parameters)?,
            grace: parameters.lifetime("grace")?,
        })
    }

    /// The rotation, if it is done at `now`.
    pub(super) fn at(self, now: DateTime<Utc>) -> AccessTokenRotation {
        AccessTokenRotation {
            end: end_or(self.expires_at, self.expires_in, now),
            grace: self.grace,
        }
    }
}

/// The date on which a token is to end, if one is given.
fn end_date(parameters: &Parameters) -> Result<WantedEnd, ApiError> {
    Ok(match parameters.date("expires_at")? {
        Some(date) => WantedEnd::At(Expiry::on(date)),
        None if parameters.is_null("expires_at") => WantedEnd::Never,
        None => WantedEnd::Unsaid,
    })
}

/// The end that is wanted, as a date or as a lifetime.
fn end_or(date: WantedEnd, lifetime: Option<Lifetime>, now: DateTime<Utc>) -> WantedEnd {
    match (date, lifetime) {
        (WantedEnd::Never | WantedEnd::Unsaid, Some(lifetime)) => {
            WantedEnd::At(Expiry::at(lifetime.after(now)))
        }
        (date, _) => date,
    }
}

/// The lifetime that is given; it excludes a date.
fn lifetime(parameters: &Parameters) -> Result<Option<Lifetime>, ApiError> {
    let lifetime = parameters.lifetime("expires_in")?;
    if lifetime.is_some() && parameters.date("expires_at")?.is_some() {
        return Err(ApiError::parameter(
            "expires_at and expires_in exclude each other; give one of them",
        ));
    }
    Ok(lifetime)
}

fn name(parameters: &Parameters, name: &str) -> Result<DisplayName, ApiError> {
    let text = parameters.text(name)?.unwrap_or_default();
    DisplayName::try_from(text.as_str())
        .map_err(|error| ApiError::Unprocessable(format!("the name {}", error.problem())))
}

fn description(
    parameters: &Parameters,
    name: &str,
) -> Result<Option<AccessTokenDescription>, ApiError> {
    let text = parameters.text(name)?.unwrap_or_default();
    AccessTokenDescription::read(&text).map_err(|error| {
        let most = error.longest;
        ApiError::Unprocessable(format!("the description is at most {most} characters"))
    })
}

/// The scopes that are named; none if none are.
pub(in crate::http::admin) fn scopes(
    parameters: &Parameters,
    name: &str,
) -> Result<AccessTokenScopes, ApiError> {
    let names = parameters.list(name)?.unwrap_or_default();
    let scopes = names.iter().map(|name| name.parse());
    scopes.collect::<Result<_, _>>().map_err(|_| wrong_scope())
}

/// The error that the token cannot have a scope, in GitLab's words.
pub(in crate::http::admin) fn wrong_scope() -> ApiError {
    ApiError::parameter("scopes does not have a valid value")
}

fn repositories(parameters: &Parameters, name: &str) -> Result<Vec<RepositoryPattern>, ApiError> {
    let texts = parameters.list(name)?.unwrap_or_default();
    // Blanks were probably meant to be filled in; a list without items means all repositories.
    if texts.is_empty() && parameters.has_items(name) {
        return Err(invalid(name));
    }
    let patterns = texts
        .iter()
        .map(|text| RepositoryPattern::try_from(text.as_str()));
    patterns
        .collect::<Result<_, _>>()
        .map_err(|error| match error {
            // The text itself may be a secret in the wrong field.
            InvalidPattern::Malformed(_) => refused(name, &GRAMMAR),
            InvalidPattern::TooManyStars => ApiError::parameter(format!("{name}: {error}")),
        })
}
