//! The inputs about the audit log.

use chrono::{DateTime, Utc};
use utoipa::IntoParams;

use crate::domain::events::EventAction;
use crate::domain::events::entity::EntityKind;
use crate::domain::events::filter::{EventAuthor, EventFilter};
use crate::domain::ids::UserId;
use crate::domain::page::Paging;
use crate::http::admin::error::ApiError;
use crate::http::admin::page::input::PartInput;
use crate::http::admin::parameters::{Parameters, refused};

/// The filters of a list of events; all conditions must hold.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListAuditEvents {
    /// Only events from this instant on.
    created_after: Option<DateTime<Utc>>,
    /// Only events up to this instant.
    created_before: Option<DateTime<Utc>>,
    /// Only events that belong to a `User`, `Group` or `Project`.
    #[param(value_type = Option<String>)]
    entity_type: Option<EntityKind>,
    /// Only events that belong to the one with this id; beside `entity_type`.
    entity_id: Option<i64>,
    /// Only changes by the user with this id.
    author_id: Option<i64>,
    /// Only changes by the user with this name, or by `(operator)` or `(service)`.
    author: Option<String>,
    /// Only changes of this kind, such as `access_token.created`.
    #[param(value_type = Option<String>)]
    action: Option<EventAction>,
    /// `id` or `created_at`, which are one order.
    order_by: Option<String>,
    #[param(ignore)]
    part: PartInput,
}

impl ListAuditEvents {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, ApiError> {
        parameters.must_not_be_blank(&["entity_id", "author_id", "author"])?;
        let wanted = Self {
            created_after: parameters.instant("created_after")?,
            created_before: parameters.instant("created_before")?,
            entity_type: parameters.word("entity_type", |text| {
                let mut all = EntityKind::ALL.into_iter();
                all.find(|kind| kind.title() == text)
            })?,
            entity_id: parameters.integer("entity_id")?,
            author_id: parameters.integer("author_id")?,
            author: parameters.filled("author")?,
            action: parameters.word("action", |text| EventAction::try_from(text).ok())?,
            order_by: parameters.word("order_by", |text| {
                ["id", "created_at"]
                    .contains(&text)
                    .then(|| text.to_owned())
            })?,
            part: PartInput::read(parameters)?,
        };
        if wanted.entity_id.is_some() && wanted.entity_type.is_none() {
            return Err(ApiError::parameter("entity_id goes with entity_type only"));
        }
        if wanted.author_id.is_some() && wanted.author.is_some() {
            return Err(ApiError::parameter("author_id and author are one too many"));
        }
        // No database takes a text of any length.
        if wanted.author.as_ref().is_some_and(|name| name.len() > 255) {
            return Err(refused("author", &"a name has at most 255 bytes"));
        }
        Ok(wanted)
    }

    /// The part that is wanted, and whether it is newest first.
    pub(super) fn paging(&self) -> Result<(bool, Paging), ApiError> {
        let descending = self.part.is_descending(true);
        let is_by_id = self.order_by.as_deref() != Some("created_at");
        Ok((descending, self.part.paging(is_by_id, descending)?))
    }
}

impl From<ListAuditEvents> for EventFilter {
    fn from(wanted: ListAuditEvents) -> Self {
        let by_id = wanted.author_id.map(|id| EventAuthor::Id(UserId(id)));
        Self {
            place: None,
            entity_kind: wanted.entity_type,
            entity_id: wanted.entity_id,
            author: by_id.or(wanted.author.as_deref().map(EventAuthor::named)),
            action: wanted.action,
            created_after: wanted.created_after,
            created_before: wanted.created_before,
            ids: wanted.part.ids(),
        }
    }
}
