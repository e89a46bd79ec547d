//! Verifying a token for a reverse proxy.

use secrecy::SecretString;

use crate::app::registry::issue::RegistryTokenIssuer;
use crate::domain::access_tokens::scope::AccessTokenScope;
use crate::domain::events::origin::Origin;
use crate::domain::users::username::Username;
use crate::identity::AuthenticationError;

/// The reason why a token does not open the service behind the proxy.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The request has no token.
    #[error("there is no token")]
    NoToken,
    /// The request has no token that can be read, but something in the place of one.
    #[error("there is no token that can be read")]
    UnreadableToken,
    /// The token does not work.
    #[error(transparent)]
    Authentication(#[from] AuthenticationError),
    /// The token has none of the scopes of which one suffices.
    #[error("the token of {0} has none of the scopes that suffice")]
    Scope(Username),
    /// The token is for some repositories alone: whoever stands behind the proxy learns only whose it is, and would give it all that
    /// its owner has.
    #[error("the token of {0} is for some repositories alone")]
    Repositories(Username),
}

impl RegistryTokenIssuer {
    /// The owner of a personal access token that works, has or covers one of `sufficient`, and is not limited to some repositories, shown by
    /// a client at `origin`.
    #[tracing::instrument(level = "debug", name = "app.verify_access_token", skip_all)]
    pub async fn verify(
        &self,
        token: &SecretString,
        sufficient: &[AccessTokenScope],
        origin: &Origin,
    ) -> Result<Username, VerifyError> {
        let owner = self.admission.admit_access_token(token, origin).await?;
        let ceiling = owner.ceiling;
        if !sufficient.iter().any(|&scope| ceiling.scopes.cover(scope)) {
            Err(VerifyError::Scope(owner.username))
        } else if !ceiling.repositories.is_empty() {
            Err(VerifyError::Repositories(owner.username))
        } else {
            Ok(owner.username)
        }
    }
}
