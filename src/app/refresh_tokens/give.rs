//! Giving a refresh token to a login by password.

use secrecy::SecretString;

use crate::app::admit::Admission;
use crate::app::error::DeskError;
use crate::domain::authority::Authority;
use crate::domain::decision::principal::SignedIn;
use crate::domain::events::observation::Observation;
use crate::domain::events::origin::Origin;
use crate::domain::secret::{SecretKind, SecretToken};
use crate::storage::refresh_tokens::{self, RefreshTokenRecord};

/// A login that wants a refresh token.
#[derive(Debug)]
pub(in crate::app) struct RefreshTokenWish<'a> {
    /// The user who logged in by password.
    pub(in crate::app) user: &'a SignedIn,
    /// The registry that the token is bound to.
    pub(in crate::app) service: &'a str,
    /// The client's name for itself.
    pub(in crate::app) client_id: Option<&'a str>,
    /// The origin of the login.
    pub(in crate::app) origin: &'a Origin,
}

impl Admission {
    /// Makes a refresh token for a login by password, if the password is still the user's and they are
    /// not blocked.
    #[tracing::instrument(name = "app.give_refresh_token", skip_all, fields(user.id = %wish.user.id))]
    pub(in crate::app) async fn give_refresh_token(
        &self,
        wish: RefreshTokenWish<'_>,
    ) -> Result<SecretString, DeskError> {
        let user = wish.user;
        let secret = SecretToken::generate(SecretKind::RefreshToken, &*self.entropy);
        let authority = Authority::of_login(user, wish.origin.clone());
        let login = self.db.begin_login(&authority, &*self.clock).await?;
        let grant = login.grant(|authority| authority.act_for(user.id))?;
        let others = self.most_refresh_tokens.saturating_sub(1);
        refresh_tokens::make_room(&login, user.id, others).await?;
        let record = RefreshTokenRecord {
            user: user.id,
            service: wish.service,
            client_id: wish.client_id,
            digest: secret.digest(),
        };
        let token = refresh_tokens::insert(&login, record).await?;
        let now = self.clock.now();
        let seen = Observation::refresh_token_made(user, &token, wish.origin, now);
        let events = &self.observations;
        events.commit(login, Vec::new(), (grant, seen)).await?;
        Ok(SecretString::from(secret.expose()))
    }
}
