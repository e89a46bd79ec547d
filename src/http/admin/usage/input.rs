//! The inputs about usage.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use utoipa::IntoParams;

use crate::app::usage::UsageQuestion;
use crate::domain::ids::UserId;
use crate::domain::namespaces::reference::{ExpectedNamespace, NamespaceReference};
use crate::domain::page::Paging;
use crate::domain::registry::repository_name::RepositoryName;
use crate::domain::usage::CredentialKind;
use crate::domain::usage::filter::{UsageFilter, UsageGrouping};
use crate::http::admin::error::ApiError;
use crate::http::admin::page::input::ForwardInput;
use crate::http::admin::parameters::Parameters;
use crate::http::admin::segments::namespace;

/// The days that count, if nothing is said.
const USUAL_DAYS: i64 = 30;

/// The part of the usage that is wanted, and by what it is added up; all conditions must hold.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListUsage {
    /// The thing for each of which it is added up: `day`, `token`, `repository` or `project`; `day`, if it is left out.
    #[param(value_type = Option<String>)]
    by: Option<UsageGrouping>,
    /// The first day (UTC); 29 days before the last, if it is left out.
    from: Option<NaiveDate>,
    /// The last day (UTC); today, if it is left out.
    to: Option<NaiveDate>,
    /// Only that of this personal access token.
    token_id: Option<i64>,
    /// Only that of this deploy token.
    deploy_token_id: Option<i64>,
    /// Only that of this user's tokens and logins.
    #[param(value_type = Option<i64>)]
    user_id: Option<UserId>,
    /// Only that of this repository, such as `team/app/worker`.
    #[param(value_type = Option<String>)]
    repository: Option<RepositoryName>,
    #[param(ignore)]
    part: ForwardInput,
}

/// The place whose usage is wanted.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct UsagePlaceInput {
    /// Only that of the repositories of this project, an id or a path; for Maintainers.
    project_id: Option<String>,
    /// Only that of the repositories in this group and below, an id or a path; for Maintainers.
    group_id: Option<String>,
}

impl UsagePlaceInput {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        parameters.must_not_be_blank(&["project_id", "group_id"])?;
        Ok(Self {
            project_id: parameters.filled("project_id")?,
            group_id: parameters.filled("group_id")?,
        })
    }

    /// The place, if one is named.
    pub(super) fn place(&self) -> Result<Option<NamespaceReference>, ApiError> {
        let (expected, name) = match (&self.project_id, &self.group_id) {
            (None, None) => return Ok(None),
            (Some(project), None) => (ExpectedNamespace::Project, project),
            (None, Some(group)) => (ExpectedNamespace::Group, group),
            (Some(_), Some(_)) => {
                return Err(ApiError::parameter(
                    "project_id and group_id are one too many",
                ));
            }
        };
        namespace(expected, name).map(Some)
    }
}

impl ListUsage {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        parameters.must_not_be_blank(&["token_id", "deploy_token_id", "user_id", "repository"])?;
        let wanted = Self {
            by: parameters.word("by", |text| {
                let mut all = UsageGrouping::ALL.into_iter();
                all.find(|grouping| grouping.name() == text)
            })?,
            from: parameters.date("from")?,
            to: parameters.date("to")?,
            token_id: parameters.integer("token_id")?,
            deploy_token_id: parameters.integer("deploy_token_id")?,
            user_id: parameters.integer("user_id")?.map(UserId),
            repository: parameters.parsed("repository")?,
            part: ForwardInput::read(parameters)?,
        };
        if wanted.token_id.is_some() && wanted.deploy_token_id.is_some() {
            return Err(ApiError::parameter(
                "token_id and deploy_token_id are one too many",
            ));
        }
        Ok(wanted)
    }

    /// The part that is wanted.
    pub(super) fn paging(&self) -> Paging {
        self.part.into()
    }

    /// The question about a place, or all, at `now`.
    pub(super) fn about(
        self,
        place: Option<NamespaceReference>,
        now: DateTime<Utc>,
    ) -> UsageQuestion {
        let of_token = self.token_id.map(|id| (CredentialKind::AccessToken, id));
        let of_machine = self
            .deploy_token_id
            .map(|id| (CredentialKind::DeployToken, id));
        let to = self.to.unwrap_or_else(|| now.date_naive());
        let usual = to.checked_sub_signed(TimeDelta::days(USUAL_DAYS - 1));
        UsageQuestion {
            place,
            filter: UsageFilter {
                place: None,
                since: None,
                repository: self.repository,
                user: self.user_id,
                credential: of_token.or(of_machine),
                from: self.from.or(usual),
                to: Some(to),
            },
            grouping: self.by.unwrap_or(UsageGrouping::Day),
        }
    }
}
