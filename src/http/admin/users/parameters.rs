//! What the parameters of a request say about users.

use secrecy::SecretString;

use crate::app::users::{NewUser, UserChange};
use crate::domain::text::DisplayName;
use crate::domain::users::filter::{UserFilter, UserSort, UserSortKey};
use crate::domain::users::password::NewPassword;
use crate::domain::users::username::Username;
use crate::domain::users::{EmailAddress, UserState};
use crate::http::admin::error::ApiError;
use crate::http::admin::page::is_descending;
use crate::http::admin::parameters::{Parameters, invalid};

/// None if what is asked for can be nobody.
pub(super) fn filter(parameters: &Parameters) -> Result<Option<UserFilter>, ApiError> {
    let username = match parameters
        .text("username")?
        .as_deref()
        .map(Username::try_from)
    {
        None => None,
        Some(Ok(username)) => Some(username),
        Some(Err(_)) => return Ok(None),
    };
    let is_true = |name: &str| Ok::<_, ApiError>(parameters.boolean(name)? == Some(true));
    let state = match (
        is_true("active")?,
        is_true("blocked")? || is_true("exclude_active")?,
    ) {
        (true, true) => return Ok(None),
        (true, false) => Some(UserState::Active),
        (false, true) => Some(UserState::Blocked),
        (false, false) => None,
    };
    let external = match (is_true("external")?, is_true("exclude_external")?) {
        (true, true) => return Ok(None),
        (true, false) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    };
    // All users are people here, and none of them is an auditor.
    if is_true("exclude_humans")? || is_true("auditors")? {
        return Ok(None);
    }
    Ok(Some(UserFilter {
        username,
        search: parameters.text("search")?.filter(|text| !text.is_empty()),
        search_addresses: false,
        state,
        external,
        admin: is_true("admins")?.then_some(true),
        created_before: parameters.instant("created_before")?,
        created_after: parameters.instant("created_after")?,
        sort: sort(parameters)?,
    }))
}

fn sort(parameters: &Parameters) -> Result<UserSort, ApiError> {
    let key = parameters.word("order_by", |text| match text {
        "id" => Some(UserSortKey::Id),
        "name" => Some(UserSortKey::Name),
        "username" => Some(UserSortKey::Username),
        "created_at" | "updated_at" => Some(UserSortKey::Created),
        _ => None,
    })?;
    Ok(UserSort {
        key: key.unwrap_or_default(),
        descending: is_descending(parameters, false)?,
    })
}

/// A user that is to be made.
pub(super) fn new_user(parameters: &Parameters) -> Result<NewUser, ApiError> {
    parameters.require(&["username"])?;
    let username = parameters.text("username")?.unwrap_or_default();
    Ok(NewUser {
        username: Username::try_from(username.as_str()).map_err(|_| invalid("username"))?,
        name: name(parameters.text("name")?.filter(|name| !name.is_empty()))?,
        email: email(parameters)?,
        admin: parameters.boolean("admin")?.unwrap_or(false),
        external: parameters.boolean("external")?.unwrap_or(false),
        password: password(parameters)?,
    })
}

/// What is to be changed of a user; an empty address is none.
pub(super) fn change(parameters: &Parameters) -> Result<UserChange, ApiError> {
    Ok(UserChange {
        username: parameters.text("username")?,
        name: name(parameters.text("name")?)?,
        email: if parameters.has("email") {
            Some(email(parameters)?)
        } else {
            None
        },
        admin: parameters.boolean("admin")?,
        external: parameters.boolean("external")?,
        password: password(parameters)?,
    })
}

fn name(text: Option<String>) -> Result<Option<DisplayName>, ApiError> {
    text.map(|text| DisplayName::try_from(text.as_str()))
        .transpose()
        .map_err(|error| ApiError::BadRequest(error.to_string()))
}

fn password(parameters: &Parameters) -> Result<Option<NewPassword>, ApiError> {
    let text = parameters.text("password")?.map(SecretString::from);
    text.map(NewPassword::try_from)
        .transpose()
        .map_err(|error| ApiError::BadRequest(error.to_string()))
}

fn email(parameters: &Parameters) -> Result<Option<EmailAddress>, ApiError> {
    let text = parameters.text("email")?.filter(|text| !text.is_empty());
    text.map(|text| EmailAddress::try_from(text.as_str()))
        .transpose()
        .map_err(|_| invalid("email"))
}
