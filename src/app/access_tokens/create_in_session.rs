//! Making a personal access token for oneself, on the web pages.

use crate::app::access_tokens::create::{CreatedAccessToken, NewAccessToken};
use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::domain::access_tokens::policy::WantedEnd;
use crate::domain::access_tokens::{AccessToken, AccessTokenSpecification};
use crate::domain::authority::Authority;
use crate::domain::ids::AccessTokenId;
use crate::domain::secret::SecretKind;
use crate::storage::access_tokens;

/// The result of sending the form for a new token.
#[derive(Debug)]
pub enum FormOutcome {
    /// The token was made.
    Created(CreatedAccessToken),
    /// Nothing was made, because this token was made since the form was opened; perhaps by the same form.
    MadeMeanwhile(AccessToken),
}

impl Desk {
    /// The newest token of the person in the session, which tells a form that is sent twice from two forms.
    pub async fn newest_access_token(
        &self,
        authority: &Authority,
    ) -> Result<Option<AccessTokenId>, DeskError> {
        let owner = authority.make_own_access_token()?;
        let newest = access_tokens::newest_of(&self.db, owner).await?;
        Ok(newest.map(|token| token.id))
    }

    /// Makes a token for the person in the session, with any scopes; it outlives the session.
    ///
    /// `newest` was the person's newest token when the form was opened. Nothing is made if there is a newer one now: a
    /// page that is loaded anew sends its form again.
    #[tracing::instrument(name = "app.create_access_token_in_session", skip_all)]
    pub async fn create_access_token_in_session(
        &self,
        authority: &Authority,
        specification: AccessTokenSpecification,
        end: WantedEnd,
        newest: Option<AccessTokenId>,
    ) -> Result<FormOutcome, DeskError> {
        let secret = self.new_secret(SecretKind::AccessToken);
        let change = self.begin(authority).await?;
        let owner = change.authority().make_own_access_token()?;
        let grant = change.grant(|authority| authority.make_own_access_token().map(|_| ()))?;
        if let Some(token) = access_tokens::newest_of(&change, owner).await?
            && Some(token.id) > newest
        {
            return Ok(FormOutcome::MadeMeanwhile(token));
        }
        let end = self.policy.end_of_new(end, None, change.now())?;
        let new = NewAccessToken {
            owner: owner.into(),
            maker: None,
            specification: specification.expiring(end),
            secret,
        };
        let created = self.commit_access_token((change, grant), new).await?;
        Ok(FormOutcome::Created(created))
    }
}
