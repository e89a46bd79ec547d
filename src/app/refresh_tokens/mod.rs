//! Giving out, listing and revoking refresh tokens.

use secrecy::SecretString;

use crate::app::desk::Desk;
use crate::app::error::ChangeError;
use crate::domain::authority::{Authority, Refusal};
use crate::domain::decision::principal::SignedIn;
use crate::domain::events::{AuditAction, AuditEvent};
use crate::domain::ids::{RefreshTokenId, UserId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::refresh_tokens::{RefreshLifetimes, RefreshToken};
use crate::domain::secret::{SecretKind, SecretToken};
use crate::storage::refresh_tokens;
use crate::storage::refresh_tokens::RefreshTokenRecord;

impl Desk {
    /// A refresh token for a login by password, bound to its user and to `service`.
    #[tracing::instrument(name = "app.give_refresh_token", skip_all)]
    pub async fn give_refresh_token(
        &self,
        user: &SignedIn,
        service: &str,
        client_id: Option<&str>,
    ) -> Result<SecretString, ChangeError> {
        let grant = Authority::of_login(user).act_for(user.id)?;
        let secret = SecretToken::generate(SecretKind::RefreshToken, &*self.entropy);
        let change = self.begin().await?;
        let new = RefreshTokenRecord {
            user: user.id,
            service,
            client_id,
            digest: secret.digest(),
        };
        let token = refresh_tokens::insert(&change, new).await?;
        let event = AuditEvent::new(AuditAction::RefreshTokenCreated, &token.id);
        change
            .commit(&grant, event.with_detail(format!("for {service}")))
            .await?;
        Ok(SecretString::from(secret.expose()))
    }

    /// A page of refresh tokens: a user's own, or anybody's for administrators.
    pub async fn refresh_tokens_page(
        &self,
        authority: &Authority,
        owner: Option<UserId>,
        request: PageRequest,
    ) -> Result<Page<RefreshToken>, ChangeError> {
        let owner = self.visible_owner(authority, owner).await?;
        Ok(refresh_tokens::page(&self.db, owner, request).await?)
    }

    /// Revokes a refresh token; again is no error.
    #[tracing::instrument(name = "app.revoke_refresh_token", skip_all)]
    pub async fn revoke_refresh_token(
        &self,
        authority: &Authority,
        id: RefreshTokenId,
    ) -> Result<(), ChangeError> {
        let change = self.begin().await?;
        let token = match refresh_tokens::find(&change, id).await? {
            Some(token) => token,
            None if authority.is_administrator() => {
                return Err(ChangeError::not_found("refresh token", &id));
            }
            None => return Err(Refusal::NotYours.into()),
        };
        let grant = authority.act_for(token.user_id)?;
        if token.revoked_at.is_none() {
            refresh_tokens::revoke(&change, id).await?;
            change
                .commit(
                    &grant,
                    AuditEvent::new(AuditAction::RefreshTokenRevoked, &id),
                )
                .await?;
        }
        Ok(())
    }

    /// Deletes refresh tokens that can never work again; tells how many.
    pub async fn purge_refresh_tokens(
        &self,
        lifetimes: &RefreshLifetimes,
    ) -> Result<u64, ChangeError> {
        Ok(refresh_tokens::purge(&self.db, lifetimes, self.now()).await?)
    }
}
