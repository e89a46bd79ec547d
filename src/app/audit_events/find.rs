//! Finding events, for administrators and for the Owners of a group or project.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::namespaces::find::namespace_for;
use crate::domain::authority::Authority;
use crate::domain::events::EventAction;
use crate::domain::events::entity::EntityKind;
use crate::domain::events::filter::{EventFilter, EventPlace};
use crate::domain::events::stored::StoredEvent;
use crate::domain::ids::{AuditEventId, UserId};
use crate::domain::namespaces::NamespaceKind;
use crate::domain::namespaces::path::NamespacePath;
use crate::domain::namespaces::reference::NamespaceReference;
use crate::domain::page::{Listing, PageRequest, Paging};
use crate::domain::users::username::Username;
use crate::storage::{audit_events, namespaces, users};

/// The time for which a password is a new one.
const NEW: TimeDelta = TimeDelta::minutes(10);

impl Desk {
    /// The time at which the caller chose their password, if it is a new one and nobody else gave it to them.
    #[tracing::instrument(name = "app.own_new_password", skip_all)]
    pub async fn own_new_password(
        &self,
        authority: &Authority,
    ) -> Result<Option<DateTime<Utc>>, DeskError> {
        let Some(own) = authority.user() else {
            return Ok(None);
        };
        let filter = EventFilter {
            place: Some(EventPlace::One(EntityKind::User, own.0)),
            action: Some(EventAction::PasswordChanged),
            created_after: Some(self.now() - NEW),
            ..EventFilter::default()
        };
        let last = Paging::Offset(PageRequest { number: 1, size: 1 });
        let last = audit_events::page(&self.db, &filter, true, last).await?;
        let mut chosen = last.items.iter();
        let chosen = chosen.find(|event| event.actor_id == Some(own.0));
        Ok(chosen.map(|event| event.created_at))
    }

    /// A part of the events of a group with everything below it, or of a project, for its Owners; or of all, as an
    /// administrator. Pages are newest first if `descending`.
    #[tracing::instrument(name = "app.audit_events_page", skip_all)]
    pub async fn audit_events_page(
        &self,
        authority: &Authority,
        name: Option<&NamespaceReference>,
        filter: EventFilter,
        (descending, paging): (bool, Paging),
    ) -> Result<Listing<StoredEvent>, DeskError> {
        let filter = self.events_for(authority, name, filter).await?;
        let found = audit_events::page(&self.db, &filter, descending, paging).await?;
        let owners: BTreeSet<UserId> = found.items.iter().filter_map(unnamed_user).collect();
        if owners.is_empty() {
            return Ok(found);
        }
        let names = users::find_all(&self.db, owners).await?;
        Ok(found.map(|event| {
            let owner = unnamed_user(&event).and_then(|id| names.get(&id));
            match owner {
                Some(owner) => named(event, owner.username.as_str()),
                None => event,
            }
        }))
    }

    /// One event of a group with everything below it, or of a project, for its Owners; or any, as an administrator.
    #[tracing::instrument(name = "app.audit_event", skip_all, fields(id = %id))]
    pub async fn audit_event(
        &self,
        authority: &Authority,
        name: Option<&NamespaceReference>,
        id: AuditEventId,
    ) -> Result<StoredEvent, DeskError> {
        let filter = EventFilter::default();
        let filter = self.events_for(authority, name, filter).await?;
        let event = audit_events::find(&self.db, &filter, id)
            .await?
            .ok_or_else(|| DeskError::not_found("audit event", &id))?;
        let owner = match unnamed_user(&event) {
            Some(owner) => users::find(&self.db, owner).await?,
            None => None,
        };
        Ok(match owner {
            Some(owner) => named(event, owner.username.as_str()),
            None => event,
        })
    }

    /// The place of the events of whatever has or had that name; administrators only.
    pub async fn place_named(
        &self,
        authority: &Authority,
        name: &NamespacePath,
    ) -> Result<EventPlace, DeskError> {
        authority.require_administrator()?;
        if let Ok(username) = Username::try_from(name.as_str()) {
            let user = users::find_by_username(&self.db, &username).await?;
            if let Some(id) = user.map(|user| user.id) {
                return Ok(EventPlace::One(EntityKind::User, id.0));
            }
        }
        match namespaces::occupant(&self.db, name).await? {
            Some(_) => {
                let user = audit_events::user_once_named(&self.db, name).await?;
                Ok(EventPlace::Named(name.clone(), user))
            }
            None => Err(DeskError::not_found(
                "user, group or project",
                &name.as_str(),
            )),
        }
    }

    /// The filter with the place that the caller may look at.
    async fn events_for(
        &self,
        authority: &Authority,
        name: Option<&NamespaceReference>,
        filter: EventFilter,
    ) -> Result<EventFilter, DeskError> {
        let Some(name) = name else {
            authority.require_administrator()?;
            return Ok(filter);
        };
        let standing = namespace_for(&self.db, authority, name, self.now()).await?;
        authority.read_audit_events(&standing)?;
        let namespace = standing.namespace;
        // A group or project that was made anew has the same id and path: its past belongs to others.
        let made = (!authority.is_administrator()).then_some(namespace.created_at);
        Ok(EventFilter {
            place: Some(match namespace.kind {
                NamespaceKind::Project => EventPlace::One(EntityKind::Project, namespace.id.0),
                NamespaceKind::Group | NamespaceKind::User => EventPlace::Below(namespace.path),
            }),
            created_after: filter.created_after.max(made),
            ..filter
        })
    }
}

/// The user that an event belongs to, if it has only the id.
fn unnamed_user(event: &StoredEvent) -> Option<UserId> {
    let entity = event.entity.as_ref()?;
    let is_unnamed = entity.kind == EntityKind::User && entity.path.is_none();
    is_unnamed.then_some(UserId(entity.id))
}

fn named(mut event: StoredEvent, name: &str) -> StoredEvent {
    if let Some(entity) = &mut event.entity {
        entity.path = Some(name.to_owned());
    }
    event
}
