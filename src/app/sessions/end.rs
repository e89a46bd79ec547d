//! Ending a session.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::sessions::find::session_for;
use crate::domain::authority::Authority;
use crate::domain::events::detail::Detail;
use crate::domain::events::{Event, EventAction};
use crate::domain::ids::SessionId;
use crate::storage::{Change, GrantedEvent, sessions};

impl Desk {
    /// Ends one of the caller's sessions, perhaps the one that they work in. It opens nothing from the next request on.
    #[tracing::instrument(name = "app.end_session", skip_all, fields(session.id = %id))]
    pub async fn end_session(&self, authority: &Authority, id: SessionId) -> Result<(), DeskError> {
        let change = self.begin(authority).await?;
        let event = end(&change, id).await?;
        Ok(change.commit([event]).await?)
    }
}

/// Ends a session of the caller's.
pub(in crate::app) async fn end(change: &Change, id: SessionId) -> Result<GrantedEvent, DeskError> {
    let session = session_for(change, change.authority(), id).await?;
    let grant = change.grant(|authority| authority.act_for(session.user_id))?;
    sessions::remove(change, id).await?;
    let event = Event::new(EventAction::SessionEnded, &session, Detail::nothing());
    Ok(grant.event(event))
}
