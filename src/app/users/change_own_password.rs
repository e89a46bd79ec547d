//! Choosing one's own password.

use secrecy::{ExposeSecret, SecretString};

use crate::app::admit::Admission;
use crate::app::error::DeskError;
use crate::app::sessions::{SignInError, end_others};
use crate::domain::authority::Authority;
use crate::domain::decision::principal::{Ceiling, Proof, SignedIn};
use crate::domain::events::detail::Detail;
use crate::domain::events::{Event, EventAction};
use crate::domain::sessions::secret::SessionSecret;
use crate::domain::users::User;
use crate::domain::users::password::{NewPassword, PasswordHash};
use crate::storage::{Change, refresh_tokens, users};

impl Admission {
    /// Gives the caller's user another password, if `current` is theirs: a session that somebody found open does not suffice. Attempts
    /// are throttled like sign-ins. Refresh tokens and all other sessions end; the new secret of the caller's session comes back.
    #[tracing::instrument(name = "app.change_own_password", skip_all, fields(user.id = %user.id))]
    pub async fn change_own_password(
        &self,
        (authority, user): (&Authority, &User),
        current: &SecretString,
        new: NewPassword,
    ) -> Result<Option<SessionSecret>, SignInError> {
        let origin = authority.origin();
        let current_of = (user.username.as_str(), current);
        let verified = self.admit_password(current_of, origin).await?;
        authority.act_for(user.id).map_err(DeskError::from)?;
        let hash = self.hash_of_another(user, current, new).await?;
        let change = match self.begin_own_change(authority, verified).await {
            // Perhaps a login has hashed the same password anew since it was checked.
            Err(error) if error.is_of_another_hash() => {
                let verified = Box::pin(self.admit_password(current_of, origin)).await?;
                self.begin_own_change(authority, verified).await?
            }
            begun => begun?,
        };
        let secret = self.set_own_password((change, authority), user, &hash);
        Ok(secret.await?)
    }

    /// The hash of a new password of the user, which is not the current one.
    async fn hash_of_another(
        &self,
        user: &User,
        current: &SecretString,
        new: NewPassword,
    ) -> Result<PasswordHash, DeskError> {
        new.check_differs_from(&user.username, user.email.as_ref())?;
        let new = SecretString::from(new);
        if new.expose_secret() == current.expose_secret() {
            return Err(DeskError::refused(
                "this is your current password; choose another",
            ));
        }
        Ok(self.passwords.hash(new).await?)
    }

    /// Begins the change, which finds out if the password that was verified is still the user's, and if the caller's session goes on:
    /// somebody may have closed it elsewhere.
    async fn begin_own_change(
        &self,
        authority: &Authority,
        (user, verified): (User, PasswordHash),
    ) -> Result<Change, DeskError> {
        let proof = Ceiling::of_login(Proof::Password(verified));
        let origin = authority.origin().clone();
        let proven = Authority::of_session(&SignedIn::new(&user, proof), origin);
        let change = self.db.begin(&proven, &*self.clock).await?;
        change.look_again_at(authority).await?;
        Ok(change)
    }

    async fn set_own_password(
        &self,
        (change, authority): (Change, &Authority),
        user: &User,
        hash: &PasswordHash,
    ) -> Result<Option<SessionSecret>, DeskError> {
        let grant = change.grant(|authority| authority.act_for(user.id))?;
        users::set_password(&change, user.id, hash).await?;
        refresh_tokens::revoke_all(&change, user.id).await?;
        let kept = (user.id, authority.session());
        let secret = end_others(&change, kept, &*self.entropy).await?;
        let event = Event::new(EventAction::PasswordChanged, user, Detail::nothing());
        change.commit([grant.event(event)]).await?;
        Ok(secret)
    }
}
