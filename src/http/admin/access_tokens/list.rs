//! The inputs of lists of personal access tokens and of their associations.

use chrono::{DateTime, NaiveDate, Utc};
use utoipa::IntoParams;

use crate::domain::access_tokens::filter::{AccessTokenFilter, AccessTokenSort};
use crate::domain::ids::UserId;
use crate::domain::members::access_level::AccessLevel;
use crate::http::admin::error::ApiError;
use crate::http::admin::page::input::{ForwardInput, PageInput};
use crate::http::admin::parameters::Parameters;

/// The filters of a list of tokens; all conditions must hold (docs/gitlab-api.md §2.2).
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListAccessTokens {
    /// Only tokens of this user.
    #[param(value_type = Option<i64>)]
    user_id: Option<UserId>,
    /// `active` or `inactive` (revoked or expired).
    #[param(value_type = Option<String>)]
    state: Option<State>,
    /// Only tokens that were revoked, or (false) that were not.
    revoked: Option<bool>,
    /// Only those made at this instant or before.
    created_before: Option<DateTime<Utc>>,
    /// Only those made at this instant or after.
    created_after: Option<DateTime<Utc>>,
    /// Only those last used at this instant or before.
    last_used_before: Option<DateTime<Utc>>,
    /// Only those last used at this instant or after.
    last_used_after: Option<DateTime<Utc>>,
    /// Only those that nobody used after this instant: last used then or before, or never used and made then or before; ours.
    unused_since: Option<DateTime<Utc>>,
    /// Only those that end before this date.
    expires_before: Option<NaiveDate>,
    /// Only those that end on this date or after.
    expires_after: Option<NaiveDate>,
    /// A part of the name.
    search: Option<String>,
    /// `created`, `expires`, `last_used` or `name`, with `_asc` or `_desc`.
    #[param(value_type = Option<String>)]
    sort: Option<AccessTokenSort>,
    #[param(ignore)]
    pub(super) part: ForwardInput,
}

/// The two states that GitLab filters by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Active,
    Inactive,
}

impl ListAccessTokens {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        let state = parameters.word("state", |text| match text {
            "active" => Some(State::Active),
            "inactive" => Some(State::Inactive),
            _ => None,
        })?;
        // A blank id is no user's, and not found, as in GitLab; elsewhere it is refused.
        let user_id = if parameters.is_blank("user_id") {
            Some(0)
        } else {
            parameters.integer("user_id")?
        };
        Ok(Self {
            user_id: user_id.map(UserId),
            state,
            revoked: parameters.boolean("revoked")?,
            created_before: parameters.instant("created_before")?,
            created_after: parameters.instant("created_after")?,
            last_used_before: parameters.instant("last_used_before")?,
            last_used_after: parameters.instant("last_used_after")?,
            unused_since: parameters.instant("unused_since")?,
            expires_before: parameters.date("expires_before")?,
            expires_after: parameters.date("expires_after")?,
            search: parameters.filled("search")?,
            // An unknown order has no effect, as in GitLab; beside a keyset it is refused.
            sort: parameters
                .text("sort")?
                .as_deref()
                .and_then(AccessTokenSort::from_name),
            part: ForwardInput::read(parameters)?,
        })
    }

    /// The filter at `now`.
    pub(super) fn at(self, now: DateTime<Utc>) -> AccessTokenFilter {
        AccessTokenFilter {
            owner: self.user_id,
            revoked_at: self.revoked.map(|revoked| (revoked, now)),
            active_at: self.state.map(|state| (state == State::Active, now)),
            created_before: self.created_before,
            created_after: self.created_after,
            last_used_before: self.last_used_before,
            last_used_after: self.last_used_after,
            unused_since: self.unused_since,
            expires_before: self.expires_before,
            expires_after: self.expires_after,
            search: self.search,
            sort: self.sort,
        }
    }
}

/// The filter of a list of associations.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListAssociations {
    /// Only roles of at least this number: 10 Guest, 20 Reporter, 30 Developer, 40 Maintainer, 50 Owner.
    #[param(value_type = Option<i32>)]
    pub(super) min_access_level: Option<AccessLevel>,
    #[param(ignore)]
    pub(super) page: PageInput,
}

impl ListAssociations {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        Ok(Self {
            min_access_level: parameters.level("min_access_level")?,
            page: PageInput::read(parameters)?,
        })
    }
}
