//! The inputs that choose a part of a list and its order.

use utoipa::IntoParams;

use crate::domain::page::{IdBounds, KeysetRequest, MAX_PAGE_SIZE, PageRequest, Paging};
use crate::http::admin::error::ApiError;
use crate::http::admin::parameters::{Parameters, invalid};

/// The value of `pagination` for lists that are followed by ids.
const KEYSET: &str = "keyset";
/// The problem with another order beside a keyset.
const BY_ID: &str = "pagination=keyset goes with order_by=id only";

/// The page of a list that is wanted.
#[derive(Debug, Clone, Copy, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http::admin) struct PageInput {
    /// The number of the page; the first, if it is left out. Pages reach 50000 entries; the others are in the keyset.
    page: Option<u64>,
    /// The number of entries on a page, at most 100; 20, if it is left out.
    #[param(minimum = 1)]
    per_page: Option<u64>,
}

impl PageInput {
    /// The page of a list that has no keyset.
    pub(in crate::http::admin) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        let wanted = Self::of_any_list(parameters)?;
        if PageRequest::from(wanted).is_too_far() {
            return Err(ApiError::TooFar);
        }
        Ok(wanted)
    }

    /// The same of a list that has one, beside which the number of the page has no effect.
    fn beside_keyset(parameters: &Parameters) -> Result<Self, ApiError> {
        if wants_keyset(parameters)? {
            Self::of_any_list(parameters)
        } else {
            Self::read(parameters)
        }
    }

    fn of_any_list(parameters: &Parameters) -> Result<Self, ApiError> {
        parameters.must_be_in_the_query()?;
        Ok(Self {
            // As in GitLab, the pages before the first are the first.
            page: parameters
                .integer("page")?
                .map(|page| u64::try_from(page).unwrap_or(0).max(1)),
            per_page: at_least_one(parameters, "per_page")?,
        })
    }
}

/// True if the request names no page, but the entries after an id.
fn wants_keyset(parameters: &Parameters) -> Result<bool, ApiError> {
    Ok(parameters.text("pagination")?.as_deref() == Some(KEYSET))
}

impl From<PageInput> for PageRequest {
    fn from(wanted: PageInput) -> Self {
        let usual = Self::default();
        Self {
            number: wanted.page.unwrap_or(usual.number),
            size: wanted.per_page.unwrap_or(usual.size).min(MAX_PAGE_SIZE),
        }
    }
}

/// The part of a list that is wanted: a page, or with a keyset the entries after an id.
#[derive(Debug, Clone, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http::admin) struct PartInput {
    /// `keyset` for lists that are followed by `Link`, with `order_by=id`.
    pagination: Option<String>,
    /// Only entries with a higher id.
    id_after: Option<i64>,
    /// Only entries with a lower id.
    id_before: Option<i64>,
    /// `asc` or `desc`.
    #[param(value_type = Option<String>)]
    sort: Option<Direction>,
    #[param(ignore)]
    page: PageInput,
}

/// The direction of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Ascending,
    Descending,
}

impl PartInput {
    pub(in crate::http::admin) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        Ok(Self {
            pagination: parameters.text("pagination")?,
            id_after: parameters.integer("id_after")?,
            id_before: parameters.integer("id_before")?,
            sort: parameters.word("sort", |text| match text {
                "asc" => Some(Direction::Ascending),
                "desc" => Some(Direction::Descending),
                _ => None,
            })?,
            page: PageInput::beside_keyset(parameters)?,
        })
    }

    /// True if the largest comes first; `usual` for the list, if nothing is said.
    pub(in crate::http::admin) fn is_descending(&self, usual: bool) -> bool {
        self.sort
            .map_or(usual, |sort| sort == Direction::Descending)
    }

    /// True unless the request asks for a direction, or for a keyset or a part of the ids, whose order is that of ids.
    pub(in crate::http::admin) fn is_in_usual_order(&self) -> bool {
        let is_bounded = self.id_after.is_some() || self.id_before.is_some();
        self.sort.is_none() && !is_bounded && self.pagination.as_deref() != Some(KEYSET)
    }

    /// The ids that entries must be between, also on pages.
    pub(in crate::http::admin) fn ids(&self) -> IdBounds {
        IdBounds {
            after: self.id_after,
            before: self.id_before,
        }
    }

    /// The part that is wanted of a list; a keyset goes by id only.
    pub(in crate::http::admin) fn paging(
        &self,
        is_by_id: bool,
        descending: bool,
    ) -> Result<Paging, ApiError> {
        let page = PageRequest::from(self.page);
        if self.pagination.as_deref() != Some(KEYSET) {
            return Ok(Paging::Offset(page));
        }
        if !is_by_id {
            return Err(ApiError::parameter(BY_ID));
        }
        Ok(Paging::Keyset(KeysetRequest {
            after: if descending {
                self.id_before
            } else {
                self.id_after
            },
            descending,
            size: page.size,
        }))
    }
}

/// The part that is wanted of a list whose order is that of ids: a page, or with a keyset the entries after an id.
#[derive(Debug, Clone, Copy, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http::admin) struct ForwardInput {
    /// `keyset` for lists that are followed by `Link`.
    #[param(value_type = Option<String>)]
    pagination: bool,
    /// With `pagination=keyset`, only entries with a higher id.
    id_after: Option<i64>,
    #[param(ignore)]
    page: PageInput,
}

impl ForwardInput {
    pub(in crate::http::admin) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        let (pagination, id_after) = (wants_keyset(parameters)?, parameters.integer("id_after")?);
        if id_after.is_some() && !pagination {
            return Err(ApiError::parameter("id_after goes with pagination=keyset"));
        }
        if parameters.integer("id_before")?.is_some() {
            return Err(ApiError::parameter(
                "id_before is not for this list, which goes upwards: follow it with pagination=keyset and id_after",
            ));
        }
        if pagination {
            check_is_upwards(parameters)?;
        }
        Ok(Self {
            pagination,
            id_after,
            page: PageInput::beside_keyset(parameters)?,
        })
    }
}

impl From<ForwardInput> for Paging {
    fn from(wanted: ForwardInput) -> Self {
        let page = PageRequest::from(wanted.page);
        if !wanted.pagination {
            return Self::Offset(page);
        }
        Self::Keyset(KeysetRequest {
            after: wanted.id_after,
            descending: false,
            size: page.size,
        })
    }
}

/// Refuses another order than that of ids.
fn check_is_upwards(parameters: &Parameters) -> Result<(), ApiError> {
    let is_other = |name: &str, usual: &str| {
        let text = parameters.unless_blank(name)?;
        Ok::<_, ApiError>(text.is_some_and(|text| text != usual))
    };
    if is_other("sort", "asc")? {
        return Err(ApiError::parameter(
            "pagination=keyset goes without sort: its order is that of ids",
        ));
    }
    if is_other("order_by", "id")? {
        return Err(ApiError::parameter(BY_ID));
    }
    Ok(())
}

fn at_least_one(parameters: &Parameters, name: &str) -> Result<Option<u64>, ApiError> {
    let number = parameters.integer(name)?;
    let read = |number| u64::try_from(number).ok().filter(|&number| number > 0);
    number
        .map(|number| read(number).ok_or_else(|| invalid(name)))
        .transpose()
}
