//! The one door for callers.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use tracing::Instrument;

use crate::app::access_tokens::AccessTokenUses;
use crate::app::audit_events::Observations;
use crate::app::error::DeskError;
use crate::app::refresh_tokens::RefreshTokenUses;
use crate::domain::authority::Authority;
use crate::domain::clock::Clock;
use crate::domain::decision::principal::{Ceiling, Principal, Proof, SignedIn};
use crate::domain::entropy::Entropy;
use crate::domain::events::detail::Detail;
use crate::domain::events::observation::Observation;
use crate::domain::events::origin::Origin;
use crate::domain::events::subject::Subject;
use crate::domain::events::{Event, EventAction};
use crate::domain::users::User;
use crate::domain::users::password::PasswordHash;
use crate::identity::{
    AuthenticationError, Authenticator, FollowUp, Identified, PasswordOwner, Passwords,
    PresentedCredential, RefusedCredential,
};
use crate::storage::{Db, Directory, Look, StorageError, users};

/// The times that facts are looked up which change meanwhile, before the client is told to come back. Each is over in a moment, and may be as
/// long as the pause between two changes of a program that makes many.
pub(in crate::app) const LOOKS: usize = 20;

/// The round of a request, which looks everything up again if it changed meanwhile.
#[derive(Debug)]
pub(in crate::app) enum Round {
    /// The first: what follows from the credential is written down.
    First,
    /// A later one: nothing is written down twice, and a password that matched this hash is not computed again while its user has it.
    Again(Option<PasswordHash>),
}

impl Round {
    /// The round after one in which this caller came.
    pub(in crate::app) fn after(caller: &Principal) -> Self {
        Self::Again(caller.password().cloned())
    }

    /// The hash that the password of this request matched before.
    fn matched(&self) -> Option<&PasswordHash> {
        match self {
            Self::First => None,
            Self::Again(matched) => matched.as_ref(),
        }
    }
}

/// Lets callers in: identifies them, and writes down what follows from a good credential.
///
/// All callers come through it, those of the token endpoint, `/auth/verify`, the admin API and the pages' sign-in: the credential is
/// checked first; then the use of a token is noted, or a password with an outdated hash is hashed anew.
#[derive(Clone)]
pub struct Admission {
    /// The storage for what a login writes.
    pub db: Db,
    /// The tokens and users.
    pub directory: Directory,
    /// The check of credentials.
    pub authenticator: Authenticator,
    /// The hashing of passwords.
    pub passwords: Passwords,
    /// The uses of access tokens that wait to be written down.
    pub access_token_uses: AccessTokenUses,
    /// The uses of refresh tokens that wait to be written down.
    pub refresh_token_uses: RefreshTokenUses,
    /// The sign-ins and refusals that wait to be written down.
    pub observations: Observations,
    /// The most refresh tokens of one user.
    pub most_refresh_tokens: u64,
    /// The source of the time.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub entropy: Arc<dyn Entropy>,
}

impl Admission {
    /// The caller who presents a credential now, and wants something of a service if one is named.
    pub(in crate::app) async fn admit(
        &self,
        look: &Look<'_>,
        presented: (&PresentedCredential, Option<&str>),
        (origin, now): (&Origin, DateTime<Utc>),
        round: &Round,
    ) -> Result<Principal, AuthenticationError> {
        // The span is made by hand: the attribute of `tracing` would move the future once more before it begins.
        let admitted = pin!(async {
            let identified = self
                .authenticator
                .authenticate(look, presented, (origin.address, now), round.matched())
                .await;
            let identified = identified.map_err(|refused| self.observed(refused, origin))?;
            match round {
                Round::First => self.follow_up(identified, (origin, now)).await,
                Round::Again(_) => Ok(identified.caller),
            }
        });
        admitted.instrument(tracing::debug_span!("app.admit")).await
    }

    /// The owner of a personal access token; no other credential is let in, and nobody while it is not known if the token was revoked.
    #[tracing::instrument(level = "debug", name = "app.admit_access_token", skip_all)]
    pub async fn admit_access_token(
        &self,
        token: &SecretString,
        origin: &Origin,
    ) -> Result<SignedIn, AuthenticationError> {
        for _ in 0..LOOKS {
            let (look, now) = (self.directory.look().await, self.clock.now());
            look.must_be_current()?;
            let owner = self
                .authenticator
                .authenticate_access_token(&look, token, (origin.address, now))
                .await;
            let owner = owner.map_err(|refused| self.observed(refused, origin))?;
            let caller = Principal::User(owner);
            if look.is_of_one_moment(&caller, &[]).await?
                && let Principal::User(owner) = caller
            {
                self.note_use(&owner, (origin, now));
                return Ok(owner);
            }
        }
        Err(StorageError::Changing.into())
    }

    /// Fails while the database is away, or another one is in its place: what the pages need is read past the copies.
    pub(in crate::app) async fn must_have_storage(&self) -> Result<(), StorageError> {
        self.directory.look().await.storage().map(|_| ())
    }

    /// The user of a password, with the hash that it matched. They may owe a second factor still.
    #[tracing::instrument(level = "debug", name = "app.admit_password", skip_all)]
    pub async fn admit_password(
        &self,
        (name, password): (&str, &SecretString),
        origin: &Origin,
    ) -> Result<(User, PasswordHash), AuthenticationError> {
        self.must_have_storage().await?;
        let now = self.clock.now();
        let login = self
            .authenticator
            .authenticate_password(&self.db, (name, password), (origin.address, now))
            .await;
        let PasswordOwner {
            user,
            hash,
            follow_up,
        } = login.map_err(|refused| self.observed(refused, origin))?;
        if let Some(FollowUp::Rehash(password)) = follow_up {
            let ceiling = Ceiling::of_login(Proof::Password(hash.clone()));
            let signed_in = SignedIn::new(&user, ceiling);
            let authority = Authority::of_session(&signed_in, origin.clone());
            if let Some(hash) = self.rehashed(&authority, &signed_in, password).await {
                return Ok((user, hash));
            }
        }
        Ok((user, hash))
    }

    /// The error for a caller whose credential was refused; whose it is, is noted.
    fn observed(&self, refused: RefusedCredential, origin: &Origin) -> AuthenticationError {
        let RefusedCredential { error, about } = refused;
        if let (Some(about), Some(cause)) = (about, error.cause()) {
            let now = self.clock.now();
            let observation = Observation::refusal(*about, cause, origin, now);
            self.observations.note(observation);
        }
        error
    }

    /// Notes the use of the access token with which a user came, if it was one.
    fn note_use(&self, user: &SignedIn, (origin, now): (&Origin, DateTime<Utc>)) {
        if let Some(token) = user.ceiling.access_token() {
            self.access_token_uses
                .note((token, user.id), (now, origin.address));
        }
    }

    async fn follow_up(
        &self,
        identified: Identified<Principal>,
        (origin, now): (&Origin, DateTime<Utc>),
    ) -> Result<Principal, AuthenticationError> {
        let mut caller = identified.caller;
        if let Principal::User(user) = &caller {
            self.note_use(user, (origin, now));
            if matches!(user.ceiling.proof, Proof::Password(_)) {
                let observation = Observation::sign_in(user, origin, self.clock.now());
                self.observations.note(observation);
            }
        }
        match (identified.follow_up, &mut caller) {
            (Some(FollowUp::NoteRefreshTokenUse(id, digest)), _) => {
                self.refresh_token_uses.note((id, digest), now);
            }
            (Some(FollowUp::Rehash(password)), Principal::User(user)) => {
                let authority = Authority::of_login(user, origin.clone());
                let rehashed = Box::pin(self.rehashed(&authority, user, password));
                if let Some(hash) = rehashed.await {
                    user.ceiling.proof = Proof::Password(hash);
                }
            }
            (Some(FollowUp::Rehash(_)) | None, _) => {}
        }
        Ok(caller)
    }

    /// The new hash of a password that was just verified; none if it was not hashed anew, which is no reason to refuse it.
    async fn rehashed(
        &self,
        authority: &Authority,
        user: &SignedIn,
        password: SecretString,
    ) -> Option<PasswordHash> {
        match self.rehash(authority, user, password).await {
            Ok(hash) => Some(hash),
            Err(error) => {
                tracing::warn!(user = %user.username, error = %error, "a password was not hashed anew");
                None
            }
        }
    }

    /// Hashes a password anew that was just verified; only if it is still the user's.
    async fn rehash(
        &self,
        authority: &Authority,
        user: &SignedIn,
        password: SecretString,
    ) -> Result<PasswordHash, DeskError> {
        let hash = self.passwords.hash(password).await?;
        let login = self.db.begin_login(authority, &*self.clock).await?;
        let grant = login.grant(|authority| authority.act_for(user.id))?;
        users::rehash(&login, user.id, &hash).await?;
        let subject = Subject::User(user.id, user.username.clone());
        let event = Event::new(EventAction::PasswordRehashed, subject, Detail::nothing());
        login.commit([grant.event(event)]).await?;
        Ok(hash)
    }
}

impl fmt::Debug for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admission").finish_non_exhaustive()
    }
}
