//! The group or project that a caller names, if they may see it.

use chrono::{DateTime, Utc};

use crate::app::desk::Desk;
use crate::app::error::ChangeError;
use crate::domain::authority::Authority;
use crate::domain::authority::namespaces::Standing;
use crate::domain::members::access_level::AccessLevel;
use crate::domain::namespaces::Namespace;
use crate::domain::namespaces::reference::{Meant, PlaceKey, PlaceName};
use crate::storage::{Source, namespaces, registry};

impl Desk {
    /// The place that `name` names, and the caller's role there.
    ///
    /// What the caller may not see does not exist. To change something, ask again inside the change,
    /// with `place_for`: what was true before it began may not be any more.
    pub async fn place(
        &self,
        authority: &Authority,
        name: &PlaceName,
    ) -> Result<Standing, ChangeError> {
        place_for(&self.db, authority, name, self.now()).await
    }
}

/// The place that `name` names, and the caller's role there at `now`.
pub(in crate::app) async fn place_for(
    source: &impl Source,
    authority: &Authority,
    name: &PlaceName,
    now: DateTime<Utc>,
) -> Result<Standing, ChangeError> {
    let hidden = || ChangeError::not_found(name.meant().name(), name);
    let found = match name.key() {
        PlaceKey::Id(id) => namespaces::find_live_by_id(source, *id).await?,
        PlaceKey::Path(path) => namespaces::find_live(source, path).await?,
    };
    let place = found.ok_or_else(hidden)?;
    let role = role_in(source, authority, &place, now).await?;
    if !authority.sees(&place, role) {
        return Err(hidden());
    }
    match name.meant() {
        meant if meant.includes(place.kind) => Ok(Standing { place, role }),
        Meant::Shared => Err(ChangeError::refused(
            "a user's own namespace has neither members nor deploy tokens; name a project in it",
        )),
        Meant::Group | Meant::Project | Meant::Parent => Err(hidden()),
    }
}

/// The caller's highest role in a place at `now`, its own or inherited.
pub(in crate::app) async fn role_in(
    source: &impl Source,
    authority: &Authority,
    place: &Namespace,
    now: DateTime<Utc>,
) -> Result<Option<AccessLevel>, ChangeError> {
    let Some(user) = authority.user() else {
        return Ok(None);
    };
    // Everyone owns the namespace that bears their user name.
    if place.path.and_ancestors().last() == authority.own_namespace() {
        return Ok(Some(AccessLevel::Owner));
    }
    Ok(registry::role_at(source, user, &place.path, now).await?)
}
