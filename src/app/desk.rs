//! The desk, where changes are made and questions answered.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::error::DeskError;
use crate::domain::access_tokens::policy::AccessTokenPolicy;
use crate::domain::authority::Authority;
use crate::domain::clock::Clock;
use crate::domain::entropy::Entropy;
use crate::domain::registry::Registry;
use crate::domain::secret::{SecretKind, SecretToken};
use crate::domain::token_limits::TokenLimits;
use crate::identity::Passwords;
use crate::storage::{Change, Db};

/// The time for which the numbers of changes are kept for those who follow them.
const KEPT: TimeDelta = TimeDelta::hours(24);

/// Makes and changes users, groups, projects, members and tokens, and finds them.
///
/// Every verb takes the caller's [`Authority`]. A change looks at it again after its turn has come, and
/// is committed only with the grant that the authority gives there. Each verb is a function that works
/// inside a given change and returns its event, so that several can make one change, and a method of
/// the desk that begins and commits.
#[derive(Clone)]
pub struct Desk {
    pub(super) db: Db,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) passwords: Passwords,
    pub(super) policy: AccessTokenPolicy,
    pub(super) limits: TokenLimits,
    /// The registries whose clients ask for tokens.
    pub(super) registries: Vec<Registry>,
    /// True if no password opens a registry, whoever has it.
    pub(super) tokens_only: bool,
}

impl Desk {
    /// A desk that writes to `db`.
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        passwords: Passwords,
        policy: AccessTokenPolicy,
    ) -> Self {
        Self {
            db,
            clock,
            entropy,
            passwords,
            policy,
            limits: TokenLimits::default(),
            registries: Vec::new(),
            tokens_only: false,
        }
    }

    /// The desk with these limits in place of the usual ones.
    #[must_use]
    pub fn with_limits(self, limits: TokenLimits) -> Self {
        Self { limits, ..self }
    }

    /// The desk of a service for these registries.
    #[must_use]
    pub fn with_registries(self, registries: Vec<Registry>) -> Self {
        Self { registries, ..self }
    }

    /// The limits on the ends of access tokens.
    pub fn access_token_policy(&self) -> &AccessTokenPolicy {
        &self.policy
    }

    /// The desk of a service where no password opens a registry, if `tokens_only`.
    #[must_use]
    pub fn with_tokens_only(self, tokens_only: bool) -> Self {
        Self {
            tokens_only,
            ..self
        }
    }

    /// The current time, in whole seconds.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Deletes the numbers of old changes, which nobody follows any more, and returns how many there were.
    #[tracing::instrument(name = "app.prune_changes", skip_all)]
    pub async fn prune_changes(&self) -> Result<u64, DeskError> {
        Ok(self.db.prune_changes(self.now() - KEPT).await?)
    }

    /// Begins a change of the caller at the current time.
    pub(super) async fn begin(&self, authority: &Authority) -> Result<Change, DeskError> {
        Ok(self.db.begin(authority, &*self.clock).await?)
    }

    /// A new secret.
    pub(super) fn new_secret(&self, kind: SecretKind) -> SecretToken {
        SecretToken::generate(kind, &*self.entropy)
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}
