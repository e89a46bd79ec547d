//! Finding sessions.

use crate::app::admit::Admission;
use crate::app::desk::Desk;
use crate::app::error::DeskError;
use crate::domain::authority::{Authority, Refusal};
use crate::domain::decision::principal::{Ceiling, Proof, SignedIn};
use crate::domain::events::origin::Origin;
use crate::domain::ids::SessionId;
use crate::domain::sessions::secret::SessionSecret;
use crate::domain::sessions::{Session, SessionRules, SessionState};
use crate::domain::users::{User, UserState};
use crate::storage::sessions::SessionOfUser;
use crate::storage::{Source, sessions};

/// A request of somebody who is signed in.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The user.
    pub user: User,
    /// Their session.
    pub session: Session,
    /// Everything that the user may do.
    pub authority: Authority,
    /// True if they are to choose another password before anything else.
    pub must_choose_password: bool,
}

impl Admission {
    /// The visit of whoever has a session's secret; none if it has ended, or its user may not sign in. It is read from the
    /// database each time, so that an end counts at once, on every replica.
    #[tracing::instrument(level = "debug", name = "app.find_visit", skip_all)]
    pub async fn visit(
        &self,
        secret: &SessionSecret,
        rules: &SessionRules,
        origin: Origin,
    ) -> Result<Option<Visit>, DeskError> {
        self.must_have_storage().await?;
        let digest = secret.digest();
        let found = sessions::find_by_digest(&self.db, &digest).await?;
        let now = self.clock.now();
        let is_good = |found: &SessionOfUser| {
            found.session.state == SessionState::Open
                && found.user.state == UserState::Active
                && rules.goes_on(&found.session, now)
        };
        let Some(found) = found.filter(is_good) else {
            return Ok(None);
        };
        let (mut session, user) = (found.session, found.user);
        if rules.is_seen_anew(&session, now) {
            match sessions::note_use(&self.db, session.id, now).await {
                Ok(()) => session.last_seen_at = now,
                // Pages go on where nothing can be written.
                Err(error) => {
                    tracing::warn!(session.id = %session.id, error = %error, "the use of a session was not noted");
                }
            }
        }
        let proof = Proof::Session(session.id, digest, rules.end_of(&session));
        let signed_in = SignedIn::new(&user, Ceiling::of_session(proof));
        let authority = Authority::of_session(&signed_in, origin);
        Ok(Some(Visit {
            user,
            session,
            authority,
            must_choose_password: found.password_is_temporary,
        }))
    }
}

impl Desk {
    /// The caller's sessions, the one that was used last first.
    #[tracing::instrument(name = "app.own_sessions", skip_all)]
    pub async fn own_sessions(
        &self,
        authority: &Authority,
        rules: &SessionRules,
    ) -> Result<Vec<Session>, DeskError> {
        let owner = authority
            .user()
            .ok_or_else(|| DeskError::refused("the command line has no sessions"))?;
        Ok(sessions::of_user(&self.db, owner, (rules, self.now())).await?)
    }

    /// One of the caller's sessions.
    pub async fn own_session(
        &self,
        authority: &Authority,
        id: SessionId,
    ) -> Result<Session, DeskError> {
        session_for(&self.db, authority, id).await
    }
}

/// The session with that id, for its user and nobody else: not even administrators look over their shoulders.
pub(super) async fn session_for(
    source: &impl Source,
    authority: &Authority,
    id: SessionId,
) -> Result<Session, DeskError> {
    let session = sessions::find(source, id).await?;
    let own = session.filter(|session| authority.user() == Some(session.user_id));
    own.ok_or_else(|| Refusal::NotYours.into())
}
