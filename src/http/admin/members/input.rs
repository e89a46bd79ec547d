//! The inputs about members.

use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::{IntoParams, ToSchema};

use crate::app::members::{MemberChange, RolesBelow};
use crate::domain::expiry::Expiry;
use crate::domain::ids::UserId;
use crate::domain::members::access_level::AccessLevel;
use crate::domain::members::filter::MemberFilter;
use crate::domain::users::reference::UserReference;
use crate::domain::users::username::Username;
use crate::http::admin::error::ApiError;
use crate::http::admin::foreign::{ForeignFilter, When, describe, ignored, leave_nothing, nothing};
use crate::http::admin::page::input::ForwardInput;
use crate::http::admin::parameters::{Parameters, invalid};

/// Fields of GitLab's that have no effect here. All others are refused: a misspelt end must not make an endless
/// role.
const WITHOUT_EFFECT: [&str; 5] = [
    "id",
    "user_id",
    "created_at",
    "invite_source",
    "member_role_id",
];

/// The member of a role as it is shown by which one knows whose it is: who sends all of it back sends that as it is, and another value
/// is of somebody else's role.
pub(super) const OF_USER: [&str; 1] = ["username"];

/// The other ones about its user.
const ABOUT_USER: [&str; 8] = [
    "name",
    "state",
    "public_email",
    "locked",
    "avatar_url",
    "web_url",
    "created_by",
    "membership_state",
];

/// Most users that one request adds.
const MOST_AT_ONCE: usize = 100;

/// GitLab's filters for members that do not apply here.
#[rustfmt::skip]
const MEMBER_FILTERS: &[ForeignFilter] = &[
    nothing("with_saml_identity", When::True, "nobody signs in elsewhere"),
    nothing("state", When::Word("awaiting", "active"), "nobody waits to become a member"),
    ignored("show_seat_info", "it is about how members look"),
];

/// [`MEMBER_FILTERS`], for the API's description.
pub(super) struct ForeignMemberFilters;

impl IntoParams for ForeignMemberFilters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        describe(MEMBER_FILTERS)
    }
}

/// The filters of a list of members; all conditions must hold.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListMembers {
    /// A part of the name or user name.
    query: Option<String>,
    /// Only these users.
    user_ids: Option<Vec<i64>>,
    /// All but these users.
    skip_users: Option<Vec<i64>>,
    #[param(ignore)]
    pub(super) part: ForwardInput,
    #[param(ignore)]
    nothing: bool,
}

impl ListMembers {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        Ok(Self {
            query: parameters.filled("query")?,
            user_ids: parameters.integers("user_ids")?,
            skip_users: parameters.integers("skip_users")?,
            part: ForwardInput::read(parameters)?,
            nothing: leave_nothing(MEMBER_FILTERS, parameters)?,
        })
    }
}

impl From<ListMembers> for MemberFilter {
    fn from(wanted: ListMembers) -> Self {
        let users = |ids: Vec<i64>| ids.into_iter().map(UserId).collect();
        Self {
            users: wanted.user_ids.map(users),
            skip: wanted.skip_users.map(users).unwrap_or_default(),
            search: wanted.query,
            nothing: wanted.nothing,
        }
    }
}

/// A role that is to be given: to `user_id` or to `username`, each of which may be several with commas between.
#[derive(Debug, ToSchema)]
#[schema(example = json!({ "user_id": 1, "access_level": 30 }))]
pub(super) struct AddMembers {
    #[schema(value_type = Option<i64>)]
    user_id: Vec<UserId>,
    #[schema(value_type = Option<String>)]
    username: Vec<Username>,
    /// Texts beside user names that nobody can have.
    #[schema(ignore)]
    pub(super) impossible: Vec<String>,
    /// The role: 10 Guest, 20 Reporter, 30 Developer, 40 Maintainer, 50 Owner.
    #[schema(value_type = i32)]
    pub(super) access_level: AccessLevel,
    /// The date on which the role ends, at 00:00 UTC.
    #[schema(value_type = Option<chrono::NaiveDate>)]
    pub(super) expires_at: Option<Expiry>,
}

impl AddMembers {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        parameters.only::<Self>(&WITHOUT_EFFECT)?;
        parameters.require(&["access_level"])?;
        let level = parameters.level("access_level")?;
        let ids = parameters.integers("user_id")?.unwrap_or_default();
        let names = parameters.list("username")?.unwrap_or_default();
        if ids.is_empty() == names.is_empty() {
            let what = if ids.is_empty() {
                "missing"
            } else {
                "mutually exclusive"
            };
            return Err(ApiError::parameter(format!(
                "user_id, username are {what}, exactly one parameter must be provided"
            )));
        }
        if ids.len().max(names.len()) > MOST_AT_ONCE {
            return Err(ApiError::parameter(format!(
                "at most {MOST_AT_ONCE} users can be added at once"
            )));
        }
        let (mut username, mut impossible) = (Vec::new(), Vec::new());
        for name in names {
            match Username::try_from(name.as_str()) {
                Ok(name) => username.push(name),
                Err(_) => impossible.push(name),
            }
        }
        if ids.is_empty() && username.is_empty() {
            return Err(ApiError::not_found("User"));
        }
        Ok(Self {
            user_id: ids.into_iter().map(UserId).collect(),
            username,
            impossible,
            access_level: level.ok_or_else(|| invalid("access_level"))?,
            expires_at: end(parameters, "expires_at")?,
        })
    }

    /// The users who are to be added, each once.
    pub(super) fn users(&self) -> Vec<UserReference> {
        let ids = self.user_id.iter().map(|id| UserReference::Id(*id));
        let names = self.username.iter().cloned().map(UserReference::Name);
        let mut users = Vec::new();
        for user in ids.chain(names) {
            if !users.contains(&user) {
                users.push(user);
            }
        }
        users
    }
}

/// A change of a member; fields that are left out stay as they are.
#[derive(Debug, ToSchema)]
#[schema(example = json!({ "access_level": 20 }))]
#[expect(clippy::option_option, reason = "left out and null are two things")]
pub(super) struct ChangeMember {
    /// The role: 10 Guest, 20 Reporter, 30 Developer, 40 Maintainer, 50 Owner.
    #[schema(value_type = Option<i32>)]
    access_level: Option<AccessLevel>,
    /// The date on which the role ends; empty for no end.
    #[schema(value_type = Option<chrono::NaiveDate>)]
    expires_at: Option<Option<Expiry>>,
}

impl ChangeMember {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        parameters.only::<Self>(&[&WITHOUT_EFFECT[..], &OF_USER, &ABOUT_USER].concat())?;
        Ok(Self {
            access_level: parameters.level("access_level")?,
            expires_at: parameters.if_given("expires_at", end)?,
        })
    }
}

impl From<ChangeMember> for MemberChange {
    fn from(wanted: ChangeMember) -> Self {
        Self {
            level: wanted.access_level,
            expiry: wanted.expires_at,
        }
    }
}

/// The removal of a member.
#[derive(Debug, Clone, Copy, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct RemoveMember {
    /// True to leave the roles below the group.
    skip_subresources: Option<bool>,
}

impl RemoveMember {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        Ok(Self {
            skip_subresources: parameters.boolean("skip_subresources")?,
        })
    }
}

impl From<RemoveMember> for RolesBelow {
    fn from(wanted: RemoveMember) -> Self {
        if wanted.skip_subresources == Some(true) {
            Self::Kept
        } else {
            Self::Removed
        }
    }
}

fn end(parameters: &Parameters, name: &str) -> Result<Option<Expiry>, ApiError> {
    Ok(parameters.date(name)?.map(Expiry::on))
}
