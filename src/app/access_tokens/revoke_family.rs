//! Revoking a family of tokens after a revoked one was presented for rotation.

use chrono::{DateTime, Utc};
use secrecy::SecretString;

use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::domain::access_tokens::{AccessToken, CredentialState};
use crate::domain::authority::Authority;
use crate::domain::events::detail::Detail;
use crate::domain::events::origin::Origin;
use crate::domain::events::{Event, EventAction};
use crate::domain::ids::AccessTokenId;
use crate::domain::secret::{RecognizedSecret, RecognizedToken, SecretToken};
use crate::storage::access_tokens::families;
use crate::storage::{Source, access_tokens};

impl Desk {
    /// Revokes the family of a revoked token that someone presents for rotation, with a request from `origin`.
    ///
    /// The owner forgets a token that was rotated, so someone else must have a copy, and may have the new
    /// token as well. Nobody knows which of the two is the thief, so the whole family is revoked, with the
    /// tokens that were made with any of it.
    #[tracing::instrument(name = "app.revoke_access_token_family", skip_all)]
    pub async fn revoke_access_token_family(
        &self,
        presented: &SecretString,
        origin: &Origin,
    ) -> Result<(), DeskError> {
        let RecognizedSecret::Token(presented) = SecretToken::recognize(presented) else {
            return Ok(());
        };
        // A caller who repeats it finds nothing to revoke, and must not hold up changes.
        if Self::betrayed(&self.db, presented, self.now())
            .await?
            .is_none()
        {
            return Ok(());
        }
        let change = self.begin(&Authority::service_for(origin.clone())).await?;
        let grant = change.grant(Authority::require_administrator)?;
        let betrayed = Self::betrayed(&change, presented, change.now()).await?;
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

    /// The presented token, if it was revoked, with the tokens that must be revoked now, if there are any.
    async fn betrayed(
        source: &impl Source,
        presented: RecognizedToken,
        now: DateTime<Utc>,
    ) -> Result<Option<(AccessToken, Vec<AccessTokenId>)>, DeskError> {
        let found = access_tokens::find_by_digest(source, &presented.digest).await?;
        let revoked = found.filter(|(token, _)| token.state(now) == CredentialState::Revoked);
        let Some((token, _)) = revoked else {
            return Ok(None);
        };
        let family = families::not_revoked_of(source, token.family(), now).await?;
        Ok(Some((token, family)).filter(|(_, family)| !family.is_empty()))
    }
}
