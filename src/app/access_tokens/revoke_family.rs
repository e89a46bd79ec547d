//! Ending a family of tokens, one of which came back from the dead.

use chrono::{DateTime, Utc};
use secrecy::SecretString;

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::domain::access_tokens::{AccessToken, CredentialState};
use crate::domain::authority::Authority;
use crate::domain::events::detail::Detail;
use crate::domain::events::{Event, EventAction};
use crate::domain::ids::AccessTokenId;
use crate::domain::secret::{RecognizedSecret, SecretToken};
use crate::storage::access_tokens::families;
use crate::storage::{Source, access_tokens};

impl Desk {
    /// Revokes the family of a revoked token that someone presents for rotation.
    ///
    /// Whoever rotates a token forgets the old one: someone else has it, and may have the new one as
    /// well. Nobody knows which of the two is the thief, so all of the family end, with what was made
    /// with them.
    #[tracing::instrument(name = "app.revoke_access_token_family", skip_all)]
    pub async fn revoke_access_token_family(
        &self,
        presented: &SecretString,
    ) -> Result<(), DeskError> {
        let RecognizedSecret::Token(presented) = SecretToken::recognize(presented) else {
            return Ok(());
        };
        // Whoever comes again and again finds nothing to revoke, and holds up no changes.
        if Self::betrayed(&self.db, &presented, self.now())
            .await?
            .is_none()
        {
            return Ok(());
        }
        let change = self.begin(&Authority::service()).await?;
        let grant = change.grant(Authority::require_administrator)?;
        let betrayed = Self::betrayed(&change, &presented, change.now()).await?;
        let Some((token, family)) = betrayed else {
            return Ok(());
        };
        families::revoke_all(&change, &family).await?;
        let detail = Detail::AccessTokenReused {
            revoked: family.as_slice().into(),
        };
        tracing::warn!(token.id = %token.id, "a revoked token was presented for rotation: {detail}");
        let event = Event::new(EventAction::AccessTokenReused, &token, detail);
        Ok(change.commit([grant.event(event)]).await?)
    }

    /// The presented token, if it was revoked, with those that have to end with it, if there are any.
    async fn betrayed(
        source: &impl Source,
        presented: &SecretToken,
        now: DateTime<Utc>,
    ) -> Result<Option<(AccessToken, Vec<AccessTokenId>)>, DeskError> {
        let found = access_tokens::find_by_digest(source, &presented.digest()).await?;
        let revoked = found.filter(|(token, _)| token.state(now) == CredentialState::Revoked);
        let Some((token, _)) = revoked else {
            return Ok(None);
        };
        let family = families::not_revoked_of(source, token.family(), now).await?;
        Ok(Some((token, family)).filter(|(_, family)| !family.is_empty()))
    }
}
