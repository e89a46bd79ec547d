//! Putting a new token in the place of another.

use crate::app::access_tokens::create::{CreatedAccessToken, end_of_maker};
use crate::app::access_tokens::find::access_token_for;
use crate::app::desk::Desk;
use crate::app::error::ChangeError;
use crate::domain::access_tokens::AccessToken;
use crate::domain::access_tokens::policy::WantedEnd;
use crate::domain::authority::Authority;
use crate::domain::events::{AuditAction, AuditEvent};
use crate::domain::expiry::{Expiry, Lifetime};
use crate::domain::ids::AccessTokenId;
use crate::domain::secret::{SecretKind, SecretToken};
use crate::storage::access_tokens::{AccessTokenRecord, families};
use crate::storage::{Change, access_tokens};

/// How a token is to be rotated.
#[derive(Debug, Clone, Copy)]
pub struct Rotation {
    /// When the new token ends; if nothing is said, in a week if the old one had an end, else never.
    pub end: WantedEnd,
    /// How long the old token works beside the new one.
    pub grace: Option<Lifetime>,
}

impl Desk {
    /// Makes a token that may do what another one may, in its place.
    ///
    /// The old one is revoked, or works on until its grace ends. What was made with it hangs on the
    /// new one.
    #[tracing::instrument(name = "app.rotate_access_token", skip_all)]
    pub async fn rotate_access_token(
        &self,
        authority: &Authority,
        id: AccessTokenId,
        rotation: Rotation,
    ) -> Result<CreatedAccessToken, ChangeError> {
        let secret = SecretToken::generate(SecretKind::AccessToken, &*self.entropy);
        let change = self.begin().await?;
        let old = access_token_for(&change, authority, id).await?;
        let grant = authority.act_for(old.user_id)?;
        old.check_rotatable(change.now())?;
        let end = self.end_of_successor(&change, &old, rotation.end).await?;
        let new = AccessTokenRecord {
            owner: old.user_id,
            digest: secret.digest(),
            specification: &old.specification.clone().expiring(end),
            lineage: old.lineage_of_successor(),
        };
        let token = access_tokens::insert(&change, new).await?;
        let rest = self.retire(&change, (&old, &token), rotation.grace).await?;
        let event = AuditEvent::new(AuditAction::TokenRotated, &id);
        let detail = format!("token {} took its place; {rest}", token.id);
        change.commit(&grant, event.with_detail(detail)).await?;
        Ok(CreatedAccessToken { token, secret })
    }

    async fn end_of_successor(
        &self,
        change: &Change,
        old: &AccessToken,
        wanted: WantedEnd,
    ) -> Result<Option<Expiry>, ChangeError> {
        let now = change.now();
        let maker = end_of_maker(change, old).await?;
        if maker.is_some_and(|end| end.has_passed(now)) {
            return Err(ChangeError::refused(
                "the token that it was made with has ended, so no other can take its place",
            ));
        }
        let ends = (old.specification.expiry(), maker);
        Ok(self.tokens.end_of_successor(wanted, ends, now)?)
    }

    /// Ends the old token, now or later, and with it those that it had taken the place of; tells
    /// the audit log which.
    async fn retire(
        &self,
        change: &Change,
        (old, new): (&AccessToken, &AccessToken),
        grace: Option<Lifetime>,
    ) -> Result<String, ChangeError> {
        let longest = self.tokens.longest;
        let grace = grace.map(|grace| longest.map_or(grace, |longest| grace.min(longest)));
        if let Some(end) = grace.and_then(|grace| old.grace_end(grace, change.now())) {
            families::give_grace(change, old.id, end).await?;
            families::hand_over(change, &[old.id], new.id).await?;
            return Ok(format!("it works until {}", Expiry::at(end)));
        }
        let mut ended = families::in_grace_before(change, old).await?;
        ended.push(old.id);
        families::revoke_all(change, &ended).await?;
        families::hand_over(change, &ended, new.id).await?;
        Ok(crate::app::access_tokens::revoke::named(
            "revoked tokens",
            &ended,
        ))
    }
}
