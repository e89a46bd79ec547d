//! The inputs about users.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use utoipa::{IntoParams, ToSchema};

use crate::app::users::{NewUser, OwnedGroups, UserChange};
use crate::domain::namespaces::NamespaceKind;
use crate::domain::page::Paging;
use crate::domain::text::DisplayName;
use crate::domain::users::filter::{UserFilter, UserSort, UserSortKey};
use crate::domain::users::password::NewPassword;
use crate::domain::users::username::Username;
use crate::domain::users::{EmailAddress, UserState};
use crate::http::admin::error::ApiError;
use crate::http::admin::foreign::leave_nothing;
use crate::http::admin::page::input::{ForwardInput, PartInput};
use crate::http::admin::parameters::{Parameters, invalid};
use crate::http::admin::users::foreign::USER_FILTERS;

/// The filters of a list of users; all conditions must hold.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListUsers {
    /// Only the user with this name.
    username: Option<String>,
    /// A part of the name or user name; administrators search addresses too.
    search: Option<String>,
    /// Only active ones.
    active: Option<bool>,
    /// Only blocked ones.
    blocked: Option<bool>,
    /// Only users who are not active.
    exclude_active: Option<bool>,
    /// Only external ones; for administrators.
    external: Option<bool>,
    /// Only users who are not external; for administrators.
    exclude_external: Option<bool>,
    /// Only administrators; has an effect for administrators.
    admins: Option<bool>,
    /// `enabled` for users with two-factor authentication, `disabled` for the others; for administrators.
    #[param(value_type = Option<String>)]
    two_factor: Option<bool>,
    /// Only those made at this instant or before; has an effect for administrators.
    created_before: Option<DateTime<Utc>>,
    /// Only those made at this instant or after; has an effect for administrators.
    created_after: Option<DateTime<Utc>>,
    /// `id`, `name`, `username` or `created_at`. As nothing else is known, `updated_at` is `created_at` too. Without it and `sort`,
    /// a search begins with those whose user name or name is the very text.
    #[param(value_type = Option<String>)]
    order_by: Option<UserSortKey>,
    #[param(ignore)]
    part: PartInput,
    #[param(ignore)]
    nothing: bool,
}

impl ListUsers {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        Ok(Self {
            username: parameters.text("username")?,
            search: parameters.filled("search")?,
            active: parameters.boolean("active")?,
            blocked: parameters.boolean("blocked")?,
            exclude_active: parameters.boolean("exclude_active")?,
            external: parameters.boolean("external")?,
            exclude_external: parameters.boolean("exclude_external")?,
            admins: parameters.boolean("admins")?,
            two_factor: parameters.word("two_factor", |text| match text {
                "enabled" => Some(true),
                "disabled" => Some(false),
                _ => None,
            })?,
            created_before: parameters.instant("created_before")?,
            created_after: parameters.instant("created_after")?,
            order_by: parameters.word("order_by", |text| match text {
                "id" => Some(UserSortKey::Id),
                "name" => Some(UserSortKey::Name),
                "username" => Some(UserSortKey::Username),
                "created_at" | "updated_at" => Some(UserSortKey::Created),
                _ => None,
            })?,
            part: PartInput::read(parameters)?,
            nothing: leave_nothing(USER_FILTERS, parameters)?,
        })
    }

    pub(super) fn paging(&self) -> Result<Paging, ApiError> {
        let sort = self.sort();
        self.part
            .paging(sort.key == UserSortKey::Id, sort.descending)
    }

    fn sort(&self) -> UserSort {
        let usual = if self.search.is_some() && self.part.is_in_usual_order() {
            UserSortKey::Likeness
        } else {
            UserSortKey::Id
        };
        UserSort {
            key: self.order_by.unwrap_or(usual),
            descending: self.part.is_descending(false),
        }
    }
}

impl From<ListUsers> for UserFilter {
    fn from(wanted: ListUsers) -> Self {
        let is = |condition: Option<bool>| condition == Some(true);
        let (is_active, is_blocked) = (
            is(wanted.active),
            is(wanted.blocked) || is(wanted.exclude_active),
        );
        let (is_external, is_not) = (is(wanted.external), is(wanted.exclude_external));
        let name = wanted.username.as_deref().map(Username::try_from);
        Self {
            // A text that cannot be a user name is no user's.
            nothing: wanted.nothing
                || is_active && is_blocked
                || is_external && is_not
                || matches!(name, Some(Err(_))),
            state: match (is_active, is_blocked) {
                (true, _) => Some(UserState::Active),
                (false, true) => Some(UserState::Blocked),
                (false, false) => None,
            },
            external: (is_external || is_not).then_some(is_external),
            admin: is(wanted.admins).then_some(true),
            sort: wanted.sort(),
            ids: wanted.part.ids(),
            username: name.and_then(Result::ok),
            search: wanted.search,
            search_addresses: false,
            two_factor: wanted.two_factor,
            created_before: wanted.created_before,
            created_after: wanted.created_after,
        }
    }
}

/// A user that is to be made; other fields have no effect.
#[derive(Debug, ToSchema)]
#[schema(example = json!({ "username": "alice", "name": "Alice", "email": "alice@example.com" }))]
pub(super) struct CreateUser {
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    username: Username,
    /// The name that people read; the user name, if it is left out.
    #[schema(value_type = Option<String>, max_length = 255)]
    name: Option<DisplayName>,
    #[schema(value_type = Option<String>)]
    email: Option<EmailAddress>,
    /// The password, of at least 8 characters and none of the common ones; without one, or with an empty one, only tokens sign in.
    #[schema(value_type = Option<String>)]
    password: Option<NewPassword>,
    admin: Option<bool>,
    external: Option<bool>,
}

impl CreateUser {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        parameters.require(&["username"])?;
        Ok(Self {
            username: parameters
                .parsed("username")?
                .ok_or_else(|| invalid("username"))?,
            name: display_name(parameters.filled("name")?)?,
            email: parameters.parsed("email")?,
            password: password(parameters)?,
            admin: parameters.boolean("admin")?,
            external: parameters.boolean("external")?,
        })
    }
}

impl From<CreateUser> for NewUser {
    fn from(wanted: CreateUser) -> Self {
        Self {
            username: wanted.username,
            name: wanted.name,
            email: wanted.email,
            admin: wanted.admin.unwrap_or(false),
            external: wanted.external.unwrap_or(false),
            password: wanted.password,
        }
    }
}

/// A change of a user; fields that are left out stay as they are, unknown ones have no effect.
#[derive(Debug, ToSchema)]
#[schema(example = json!({ "name": "Alice A.", "external": true }))]
#[expect(clippy::option_option, reason = "left out and null are two things")]
pub(super) struct ChangeUser {
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255)]
    name: Option<DisplayName>,
    /// The e-mail address; empty for none.
    #[schema(value_type = Option<String>)]
    email: Option<Option<EmailAddress>>,
    /// The new password, of at least 8 characters and none of the common ones; logins with the old one end. An empty one changes
    /// nothing, and is refused alone.
    #[schema(value_type = Option<String>)]
    password: Option<NewPassword>,
    admin: Option<bool>,
    external: Option<bool>,
    /// The present user name; it cannot be changed.
    username: Option<String>,
}

impl ChangeUser {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        let others = ["name", "email", "admin", "external", "username"];
        let has_others = others.iter().any(|name| parameters.has(name));
        let password = password(parameters)?;
        // Alone it was meant for another password, and nobody must believe that the old one is gone.
        if parameters.has("password") && password.is_none() && !has_others {
            return Err(ApiError::BadRequest(
                "the password is empty, and nothing else is to be changed; choose one of at least 8 characters"
                    .to_owned(),
            ));
        }
        Ok(Self {
            name: display_name(parameters.text("name")?)?,
            email: parameters.if_given("email", Parameters::parsed)?,
            password,
            admin: parameters.boolean("admin")?,
            external: parameters.boolean("external")?,
            username: parameters.text("username")?,
        })
    }
}

impl From<ChangeUser> for UserChange {
    fn from(wanted: ChangeUser) -> Self {
        Self {
            username: wanted.username,
            name: wanted.name,
            email: wanted.email,
            admin: wanted.admin,
            external: wanted.external,
            password: wanted.password,
        }
    }
}

/// The way to delete a user.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct DeleteUser {
    /// True to delete the last owner of a group too, which stays without an owner then.
    hard_delete: Option<bool>,
}

impl DeleteUser {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        Ok(Self {
            hard_delete: parameters.boolean("hard_delete")?,
        })
    }
}

impl From<DeleteUser> for OwnedGroups {
    fn from(wanted: DeleteUser) -> Self {
        if wanted.hard_delete == Some(true) {
            Self::Abandoned
        } else {
            Self::Kept
        }
    }
}

/// The filter of a list of a user's roles.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListMemberships {
    /// `Project` or `Namespace`, for groups.
    #[param(rename = "type", value_type = Option<String>)]
    pub(super) kind: Option<NamespaceKind>,
    #[param(ignore)]
    pub(super) part: ForwardInput,
}

impl ListMemberships {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        Ok(Self {
            kind: parameters.word("type", |text| match text {
                "Project" => Some(NamespaceKind::Project),
                "Namespace" => Some(NamespaceKind::Group),
                _ => None,
            })?,
            part: ForwardInput::read(parameters)?,
        })
    }
}

fn display_name(text: Option<String>) -> Result<Option<DisplayName>, ApiError> {
    text.map(|text| DisplayName::try_from(text.as_str()))
        .transpose()
        .map_err(|error| ApiError::BadRequest(error.to_string()))
}

fn password(parameters: &Parameters) -> Result<Option<NewPassword>, ApiError> {
    let text = parameters.filled("password")?.map(SecretString::from);
    text.map(NewPassword::try_from)
        .transpose()
        .map_err(|error| ApiError::BadRequest(error.to_string()))
}
