//! Making a personal access token.

use chrono::{DateTime, Utc};

use crate::app::access_tokens::find::access_token_for;
use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::app::users::find::user_for;
use crate::domain::access_tokens::lineage::AccessTokenLineage;
use crate::domain::access_tokens::policy::WantedEnd;
use crate::domain::access_tokens::scope::AccessTokenScope;
use crate::domain::access_tokens::{AccessToken, AccessTokenSpecification, CredentialState};
use crate::domain::authority::cause::Cause;
use crate::domain::authority::{Authority, Need, Refusal};
use crate::domain::events::detail::Detail;
use crate::domain::events::{Event, EventAction};
use crate::domain::ids::{AccessTokenId, UserId};
use crate::domain::secret::{SecretKind, SecretToken};
use crate::domain::users::reference::UserReference;
use crate::storage::access_tokens::AccessTokenRecord;
use crate::storage::{Change, Grant, access_tokens};

/// A new token with its secret, which nobody sees again.
#[derive(Debug)]
pub struct CreatedAccessToken {
    /// The token.
    pub token: AccessToken,
    /// The secret.
    pub secret: SecretToken,
}

impl Desk {
    /// Makes a token for a user; administrators only. It ends no later than the token that they present.
    #[tracing::instrument(name = "app.create_access_token", skip_all)]
    pub async fn create_access_token(
        &self,
        authority: &Authority,
        owner: &UserReference,
        specification: AccessTokenSpecification,
        end: WantedEnd,
    ) -> Result<CreatedAccessToken, DeskError> {
        authority.require_administrator()?;
        let secret = self.new_secret(SecretKind::AccessToken);
        let change = self.begin(authority).await?;
        let grant = change.grant(Authority::require_administrator)?;
        let allowed = self.policy.end_of_new(end, None, change.now())?;
        let end = end.no_later_than(change.authority().end(), allowed)?;
        let new = NewAccessToken {
            owner: owner.clone(),
            maker: None,
            specification: specification.expiring(end),
            secret,
        };
        self.commit_access_token((change, grant), new).await
    }

    /// Makes a token with another one, for the same user.
    ///
    /// It ends no later than its maker and is revoked with it; it cannot make others.
    #[tracing::instrument(name = "app.create_own_access_token", skip_all, fields(token.id = %maker))]
    pub async fn create_own_access_token(
        &self,
        authority: &Authority,
        maker: AccessTokenId,
        specification: AccessTokenSpecification,
        end: WantedEnd,
    ) -> Result<CreatedAccessToken, DeskError> {
        let secret = self.new_secret(SecretKind::AccessToken);
        let change = self.begin(authority).await?;
        let maker = access_token_for(&change, change.authority(), maker).await?;
        let grant = change.grant(|authority| {
            authority.act_for(maker.user_id)?;
            check_maker(&maker, change.now())
        })?;
        if specification.scopes().contains(AccessTokenScope::Api) {
            return Err(DeskError::refused(
                "a token that is made with another one cannot have the scope api; \
                 choose other scopes, or make it on the web page of your access tokens",
            ));
        }
        let end = self.policy.end_of_new(end, maker.end(), change.now())?;
        let new = NewAccessToken {
            owner: maker.user_id.into(),
            maker: Some(maker.id),
            specification: specification.expiring(end),
            secret,
        };
        self.commit_access_token((change, grant), new).await
    }

    /// Makes a token and commits it; the grant proves that the caller may.
    pub(in crate::app) async fn commit_access_token(
        &self,
        (change, grant): (Change, Grant),
        new: NewAccessToken,
    ) -> Result<CreatedAccessToken, DeskError> {
        let owner = user_for(&change, &new.owner).await?;
        check_room(&change, owner.id, self.limits.access_per_user).await?;
        let record = AccessTokenRecord {
            owner: owner.id,
            digest: new.secret.digest(),
            specification: &new.specification,
            lineage: AccessTokenLineage {
                maker: new.maker,
                ..AccessTokenLineage::default()
            },
        };
        let token = access_tokens::insert(&change, record).await?;
        let detail = Detail::access_token_created(&owner.username, new.maker, &new.specification);
        let event = Event::new(EventAction::AccessTokenCreated, &token, detail);
        change.commit([grant.event(event)]).await?;
        let secret = new.secret;
        Ok(CreatedAccessToken { token, secret })
    }
}

/// A personal access token that is to be made.
#[derive(Debug)]
pub(in crate::app) struct NewAccessToken {
    /// The user who will own it.
    pub(in crate::app) owner: UserReference,
    /// The token that it is made with, if it is made with one.
    pub(in crate::app) maker: Option<AccessTokenId>,
    /// The properties that its owner chose.
    pub(in crate::app) specification: AccessTokenSpecification,
    /// Its secret.
    pub(in crate::app) secret: SecretToken,
}

/// Refuses one more token that works for a user who has the most already.
pub(in crate::app) async fn check_room(
    change: &Change,
    owner: UserId,
    most: u64,
) -> Result<(), DeskError> {
    if access_tokens::count_working(change, owner).await? < most {
        return Ok(());
    }
    Err(DeskError::refused(format!(
        "the user has {most} personal access tokens that work, and can have no more; revoke one first"
    )))
}

/// Refuses a maker that does not work or lacks the scope `api`.
fn check_maker(maker: &AccessToken, now: DateTime<Utc>) -> Result<(), Refusal> {
    let scopes = maker.specification.scopes();
    match maker.state(now) {
        CredentialState::Active if scopes.contains(AccessTokenScope::Api) => Ok(()),
        CredentialState::Active => Err(Refusal::Scope(Need::Write, scopes)),
        CredentialState::Expired => Err(Cause::ExpiredToken.into()),
        CredentialState::Revoked => Err(Cause::RevokedToken.into()),
    }
}
