//! Choosing one's own password.

use secrecy::{ExposeSecret, SecretString};

use crate::app::admit::Admission;
use crate::app::error::DeskError;
use crate::app::sessions::{SignInError, end_others};
use crate::domain::authority::cause::Cause;
use crate::domain::authority::{Authority, Refusal};
use crate::domain::decision::principal::{Ceiling, Proof, SignedIn};
use crate::domain::events::detail::Detail;
use crate::domain::events::{Event, EventAction};
use crate::domain::sessions::secret::SessionSecret;
use crate::domain::users::User;
use crate::domain::users::password::NewPassword;
use crate::storage::{refresh_tokens, sessions, users};

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
        let name = user.username.as_str();
        let (user, verified) = self.admit_password((name, current), origin).await?;
        Ok(async {
            authority.act_for(user.id)?;
            new.check_differs_from(&user.username)?;
            let new = SecretString::from(new);
            if new.expose_secret() == current.expose_secret() {
                return Err(DeskError::refused(
                    "this is your current password; choose another",
                ));
            }
            let hash = self.passwords.hash(new).await?;
            // The change finds out if the password that was verified is still the user's.
            let proof = Ceiling::of_login(Proof::Password(verified));
            let proven = Authority::of_session(&SignedIn::new(&user, proof), origin.clone());
            let change = self.db.begin(&proven, &*self.clock).await?;
            // So it does if the session has ended meanwhile, perhaps because somebody closed it elsewhere.
            if let Some(session) = authority.session() {
                let session = sessions::find(&change, session).await?;
                if session.is_none_or(|session| session.user_id != user.id) {
                    return Err(Refusal::from(Cause::EndedSession).into());
                }
            }
            let grant = change.grant(|authority| authority.act_for(user.id))?;
            users::set_password(&change, user.id, &hash).await?;
            refresh_tokens::revoke_all(&change, user.id).await?;
            let kept = (user.id, authority.session());
            let secret = end_others(&change, kept, &*self.entropy).await?;
            let event = Event::new(EventAction::PasswordChanged, &user, Detail::nothing());
            change.commit([grant.event(event)]).await?;
            Ok(secret)
        }
        .await?)
    }
}
