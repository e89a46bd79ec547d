//! Answering a registry's client: `look_up` has the steps from the credential to the decision, `answer_once` those from there to the token.

use std::borrow::Cow;
use std::fmt;
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::app::admit::{Admission, LOOKS, Round};
use crate::app::error::DeskError;
use crate::app::refresh_tokens::give::RefreshTokenWish;
use crate::app::registry::counts::IssueCounts;
use crate::app::registry::request::{
    IssueError, IssuedRegistryToken, MalformedRequest, RegistryTokenRequest, RequestedAccess,
};
use crate::app::usage::UsageCounter;
use crate::domain::authority::cause::Cause;
use crate::domain::clock::Clock;
use crate::domain::decision::claims::{RegistryTokenClaims, lifetime};
use crate::domain::decision::principal::{Principal, Proof};
use crate::domain::decision::{Decision, decide};
use crate::domain::entropy::Entropy;
use crate::domain::events::origin::Origin;
use crate::domain::registry::Registry;
use crate::domain::registry::scope::{Scope, repositories_in};
use crate::identity::{AuthenticationError, PresentedCredential};
use crate::signing::KeyRing;
use crate::storage::StorageError;

/// Issues registry tokens.
#[derive(Clone)]
pub struct RegistryTokenIssuer {
    /// The door that callers come through.
    pub admission: Admission,
    /// The keys that sign tokens.
    pub keys: Arc<KeyRing>,
    /// The configuration of tokens.
    pub settings: Arc<RegistryTokenSettings>,
    /// The source of the time.
    pub clock: Arc<dyn Clock>,
    /// The source of token ids.
    pub entropy: Arc<dyn Entropy>,
    /// The count of grants and refusals.
    pub counter: UsageCounter,
    /// The logins that go on without their client.
    pub tasks: TaskTracker,
    /// The outcomes of requests.
    pub counts: Arc<IssueCounts>,
}

/// All that an answer rests on, as it was at one moment.
struct Facts<'a> {
    now: DateTime<Utc>,
    principal: Principal,
    registry: &'a Registry,
    decision: Decision,
}

/// The configuration of registry tokens.
#[derive(Debug, Clone)]
pub struct RegistryTokenSettings {
    /// The `iss` of every token.
    pub issuer: String,
    /// True if callers without a credential are answered.
    pub anonymous_access: bool,
    /// The registries whose clients come here.
    pub registries: Vec<Registry>,
}

impl RegistryTokenIssuer {
    /// Issues a token for exactly what is asked and allowed. `known` is told of the caller as soon as it is known
    /// who that is.
    ///
    /// A login that may write goes on when its client goes away, and a stop waits for it: a change that is dropped between its
    /// statements leaves a connection behind that no other change can use.
    pub async fn issue(
        self: &Arc<Self>,
        request: RegistryTokenRequest,
        known: impl Fn(&Principal) + Send + Sync + 'static,
    ) -> Result<IssuedRegistryToken, IssueError> {
        let counted = self.counts.position(request.service());
        let answer = if request.presented.may_write() {
            Box::pin(self.answer_in_a_task(request, known)).await
        } else {
            self.answer(&request, &known).await
        };
        self.counts.note(counted, answer.as_ref());
        answer
    }

    /// Answers a login that may write, in a task of its own.
    async fn answer_in_a_task(
        self: &Arc<Self>,
        request: RegistryTokenRequest,
        known: impl Fn(&Principal) + Send + Sync + 'static,
    ) -> Result<IssuedRegistryToken, IssueError> {
        let issuer = Arc::clone(self);
        let answer = async move { issuer.answer(&request, &known).await };
        match self.tasks.spawn(answer.in_current_span()).await {
            Ok(answer) => answer,
            Err(error) => match error.try_into_panic() {
                // The layers outside make the reply to a panic.
                Ok(panic) => resume_unwind(panic),
                // The process is ending, and nobody waits for an answer.
                Err(_) => std::future::pending().await,
            },
        }
    }

    async fn answer(
        &self,
        request: &RegistryTokenRequest,
        known: &(impl Fn(&Principal) + Send + Sync),
    ) -> Result<IssuedRegistryToken, IssueError> {
        // The span is made by hand: the attribute of `tracing` would move the future once more before it begins.
        let span = tracing::debug_span!("app.issue_registry_token");
        let first = pin!(self.answer_once(Round::First, request, known));
        match first.instrument(span.clone()).await {
            // Perhaps another login has hashed the same password anew since it was checked.
            Err(IssueError::Refresh(error)) if error.is_of_another_hash() => {
                let again = Box::pin(self.answer_once(Round::Again(None), request, known));
                again.instrument(span).await
            }
            answer => answer,
        }
    }

    /// All steps, from the credential to the token: looks everything up and decides, writes the claims, signs, and counts.
    async fn answer_once(
        &self,
        round: Round,
        request: &RegistryTokenRequest,
        known: &(impl Fn(&Principal) + Send + Sync),
    ) -> Result<IssuedRegistryToken, IssueError> {
        let Facts {
            now,
            principal,
            registry,
            decision,
        } = self.look_up(round, request, known).await?;
        let asked = request.asked()?;
        if asked.by_page && principal == Principal::Anonymous && decision.granted.is_empty() {
            return Err(IssueError::LoginWanted);
        }
        let id = self.entropy.id();
        let claims = RegistryTokenClaims::new(
            &self.settings.issuer,
            registry,
            &principal,
            &decision,
            (now, id),
        );
        let jwt = self.keys.sign(&claims.to_json(), registry)?;
        let refresh_token = self
            .refresh_token(&request.presented, &principal, asked, &request.origin)
            .await?;
        let lifetime = lifetime(registry, &decision);
        self.counter.count(&principal, &decision, now);
        Ok(IssuedRegistryToken {
            jwt,
            lifetime,
            issued_at: now,
            principal,
            decision,
            refresh_token,
        })
    }

    /// The steps up to the decision, and with it: who is calling, which registry is meant, and which rights are there. All is looked up anew if a
    /// part of it changed meanwhile: facts of different moments may add up to rights that nobody ever had.
    async fn look_up<'a>(
        &'a self,
        mut round: Round,
        request: &'a RegistryTokenRequest,
        known: &(impl Fn(&Principal) + Send + Sync),
    ) -> Result<Facts<'a>, IssueError> {
        let presented = (&request.presented, request.service());
        for _ in 0..LOOKS {
            let look = self.admission.directory.look().await;
            let mut now = self.clock.now();
            let came = (&request.origin, now);
            let principal = self.admission.admit(&look, presented, came, &round).await?;
            // A look is over in a moment then, however long the password took.
            round = Round::after(&principal);
            known(&principal);
            self.require_registry_business(&principal)?;
            if principal.password().is_some() {
                Box::pin(look.catch_up()).await?;
                // It may have waited for its turn, and a role may have ended meanwhile.
                now = self.clock.now();
            }
            let asked = request.asked()?;
            let registry = self.registry(&asked.service)?;
            let scopes = known_scopes(registry, &asked.scopes);
            if scopes.iter().any(Scope::is_more_than_a_pull) {
                look.must_be_current()?;
            }
            let names = repositories_in(&asked.scopes);
            let rights = look.rights(&principal, &names, now).await?;
            let decision = decide(&principal, &rights, &scopes);
            if !decision.denied.is_empty() {
                // Of a path without a copy nothing is known then: an answer about any other would tell that something is there.
                look.must_be_current()?;
            }
            if look.is_of_one_moment(&principal, &names).await? {
                return Ok(Facts {
                    now,
                    principal,
                    registry,
                    decision,
                });
            }
        }
        Err(StorageError::Changing.into())
    }

    /// The refresh token for the client, only if it asks for one: a new one after a login by password, the
    /// same one after a login with it (Docker never stores a new one), and none with a personal access
    /// token, which is long-lived already.
    async fn refresh_token(
        &self,
        presented: &PresentedCredential,
        principal: &Principal,
        asked: &RequestedAccess,
        origin: &Origin,
    ) -> Result<Option<SecretString>, DeskError> {
        let Principal::User(user) = principal else {
            return Ok(None);
        };
        match (&user.ceiling.proof, presented) {
            _ if !asked.offline => Ok(None),
            (Proof::Password(_), _) => {
                let wish = RefreshTokenWish {
                    user,
                    service: &asked.service,
                    client_id: asked.client_id.as_deref(),
                    origin,
                };
                let given = Box::pin(self.admission.give_refresh_token(wish));
                given.await.map(Some)
            }
            (
                Proof::RefreshToken(_),
                PresentedCredential::RefreshToken(same)
                | PresentedCredential::Basic { secret: same, .. },
            ) => Ok(Some(same.clone())),
            _ => Ok(None),
        }
    }

    /// Refuses a caller who has no business with a registry: an anonymous one where these are not answered, or a token without any scope
    /// for registries.
    fn require_registry_business(&self, principal: &Principal) -> Result<(), IssueError> {
        if *principal == Principal::Anonymous && !self.settings.anonymous_access {
            return Err(AuthenticationError::Wrong(Cause::AnonymousAccessOff).into());
        }
        match principal.scopes_without_registry() {
            Some(scopes) => {
                self.counter.count_refused(principal, self.clock.now());
                Err(IssueError::NoRegistryScope(scopes))
            }
            None => Ok(()),
        }
    }

    /// The answer to a request that cannot be read, so that nobody knows which registry it is for.
    pub fn refuse(&self, malformed: MalformedRequest) -> IssueError {
        let error = IssueError::from(malformed);
        self.counts.note(self.counts.position(None), Err(&error));
        error
    }

    /// The registry with that service name; the audience of a token is only ever one of ours.
    fn registry(&self, service: &str) -> Result<&Registry, MalformedRequest> {
        let found = self
            .settings
            .registries
            .iter()
            .find(|known| known.service.as_str() == service);
        found.ok_or_else(|| {
            MalformedRequest(
                "the parameter `service` names no registry that is configured here".to_owned(),
            )
        })
    }
}

impl fmt::Debug for RegistryTokenIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistryTokenIssuer")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// The scopes that mean something to this registry.
fn known_scopes<'a>(registry: &Registry, scopes: &'a [Scope]) -> Cow<'a, [Scope]> {
    let is_known = |scope: &&Scope| registry.has(&scope.resource);
    if scopes.iter().all(|scope| is_known(&scope)) {
        return Cow::Borrowed(scopes);
    }
    scopes.iter().filter(is_known).cloned().collect()
}
