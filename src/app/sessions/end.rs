//! Ending sessions.

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::sessions::find::session_for;
use crate::domain::authority::Authority;
use crate::domain::entropy::Entropy;
use crate::domain::events::detail::Detail;
use crate::domain::events::{Event, EventAction};
use crate::domain::ids::{SessionId, UserId};
use crate::domain::sessions::secret::SessionSecret;
use crate::storage::{Change, GrantedEvent, StorageError, sessions};

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

/// Ends all sessions of a user but their `own`, which gets another secret: somebody may have copied its cookie.
pub(in crate::app) async fn end_others(
    change: &Change,
    (user, own): (UserId, Option<SessionId>),
    entropy: &dyn Entropy,
) -> Result<Option<SessionSecret>, StorageError> {
    sessions::remove_all_of(change, user, own).await?;
    let Some(own) = own else {
        return Ok(None);
    };
    let secret = SessionSecret::generate(entropy);
    sessions::renew(change, own, &secret.digest()).await?;
    Ok(Some(secret))
}
